"""Requests to addresses others chose: descriptors, lifecycle calls, events.

The name is resolved, every address checked against the policy, and the connection made to the
address that was checked: a name cannot change its meaning in between. Redirects are not followed.
"""

import ipaddress
import socket
from collections.abc import Callable
from enum import StrEnum

import httpx

from portway_service.error_codes import ADDRESS_REFUSED
from portway_service.errors import Refusal
from portway_service.timed_transport import TimedTransport

Resolve = Callable[[str, int], list[str]]


class Outbound(StrEnum):
    """Which addresses Portway calls."""

    PUBLIC = "public"
    """Only addresses of the public internet, over https."""
    LOOPBACK = "loopback"
    """Only this machine: the emulator, the demo, tests."""


def resolve(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def find_address_fault(address: str, policy: Outbound) -> str | None:
    """Return why `address` may not be called under `policy`, or None when it may."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if policy is Outbound.LOOPBACK:
        return None if ip.is_loopback else "it is not an address of this machine"
    return None if _is_public(ip) else "it is not a public address"


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return _is_public(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        # What tunnels carry IPv4 in leads wherever that address leads.
        if ip not in _GLOBAL_UNICAST or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""How networks without IPv4 reach its addresses (RFC 6052)."""


class CheckedTransport(httpx.BaseTransport):
    """Sends requests only to addresses that the policy admits."""

    def __init__(
        self,
        policy: Outbound,
        *,
        limit_seconds: float = 10.0,
        resolve: Resolve = resolve,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._inner = inner or TimedTransport(limit_seconds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check, pin the checked address, send."""
        url = request.url
        if self._policy is Outbound.PUBLIC and url.scheme != "https":
            raise _refusal(url.host, "only https addresses are called")
        try:
            addresses = self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"cannot resolve {url.host}", request=request) from error
        for address in addresses:
            fault = find_address_fault(address, self._policy)
            if fault is not None:
                raise _refusal(url.host, fault)
        *others, last = dict.fromkeys(addresses)
        for address in others:
            try:
                return self._inner.handle_request(_pinned(request, address))
            except httpx.ConnectError:
                # Nothing was sent: a host with several addresses is reached by another.
                continue
        return self._inner.handle_request(_pinned(request, last))

    def close(self) -> None:
        """Close every connection."""
        self._inner.close()


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """Return the request to the address that was checked, under the name that was given."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


def outbound_client(policy: Outbound, *, timeout_seconds: float = 10.0) -> httpx.Client:
    """Return a client for addresses others chose; an exchange takes no longer than the timeout."""
    return httpx.Client(
        transport=CheckedTransport(policy, limit_seconds=timeout_seconds),
        timeout=timeout_seconds,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "Portway"},
    )


def _refusal(host: str, problem: str) -> Refusal:
    return Refusal(ADDRESS_REFUSED, host=host, problem=problem)
