"""The descriptor of a Connect app: fetched from its vendor, checked for every fault at once.

Source: docs/reference/connect-api.md#installation; wire contract, 3.3 and 3.6
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import SplitResult, urlsplit

import httpx
import orjson

from portway_platform import error_codes
from portway_platform.services import Services
from portway_platform.sites.rules import Region
from portway_service.errors import Refusal

FETCH_SECONDS = 10.0
LIMIT_BYTES = 1 << 20
LIFECYCLE = ("installed", "enabled", "disabled", "uninstalled")


@dataclass(frozen=True)
class Descriptor:
    """A descriptor without faults, as one site meets it."""

    document: Mapping[str, Any]
    base_url: str
    """The app's base URL for the site's region, without a trailing slash."""

    @property
    def name(self) -> str:
        """What people call the app."""
        name: str = self.document.get("name") or self.document["key"]
        return name

    @property
    def scopes(self) -> tuple[str, ...]:
        """The Connect scopes it asks for, in upper case; not the access scopes of a migration."""
        return tuple(scope.upper() for scope in self.document.get("scopes") or ())

    def lifecycle_url(self, event: str) -> str | None:
        """Return the address of a lifecycle call, or None when the app does not ask for it."""
        path = self.document["lifecycle"].get(event)
        return None if path is None else f"{self.base_url}{path}"


def fetch_descriptor(
    services: Services, descriptor_url: str, *, app_key: str, region: str | None = None
) -> Descriptor:
    """Return the descriptor of an app from its address, for a site of a region.

    Raises:
        Refusal: `descriptor_unreachable`, or `descriptor_invalid` with every fault.
    """
    document = _parse(_fetch(services, descriptor_url))
    faults = list(find_faults(document, app_key=app_key, descriptor_url=descriptor_url))
    if faults:
        summary = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults[:3])
        raise Refusal(error_codes.DESCRIPTOR_INVALID, summary=summary, details=faults)
    of_regions = document.get("regionBaseUrls") or {}
    base_url: str = of_regions.get(region) or document["baseUrl"]
    return Descriptor(document, base_url.rstrip("/"))


def find_faults(
    document: Mapping[str, Any], *, app_key: str, descriptor_url: str
) -> Iterator[dict[str, str]]:
    """Return what keeps a descriptor from being used, as `field` and `problem`."""
    if document.get("key") != app_key:
        yield _fault("key", f"it must be {app_key}, the key that is being installed")
    if _part(document, "authentication").get("type") != "jwt":
        yield _fault("authentication.type", "it must be jwt")
    yield from _base_url_faults(document.get("baseUrl"), descriptor_url)
    yield from _region_faults(document.get("regionBaseUrls"))
    if not isinstance(document.get("name"), str | None):
        yield _fault("name", "it must be text")
    scopes = document.get("scopes") or []
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        yield _fault("scopes", "it must be a list of names such as READ")
    lifecycle = _part(document, "lifecycle")
    if lifecycle.get("installed") is None:
        yield _fault("lifecycle.installed", "it is missing: the app would never get its secret")
    for event in LIFECYCLE:
        if lifecycle.get(event) is not None and not _is_path(lifecycle[event]):
            yield _fault(f"lifecycle.{event}", _PATH_NEEDED)
    for holder, name in ((document, ""), (_part(document, "modules"), "modules.")):
        yield from _webhook_faults(holder.get("cloudAppMigration"), f"{name}cloudAppMigration")


_PATH_NEEDED = "it must be a path below baseUrl that begins with one /, such as /installed"


def _base_url_faults(base_url: object, descriptor_url: str) -> Iterator[dict[str, str]]:
    parts = _split(base_url)
    if parts is None:
        yield _fault("baseUrl", "it must be a web address without query: https://app.example")
    elif _origin(parts) != _origin(urlsplit(descriptor_url)):
        yield _fault("baseUrl", "it must have scheme, host and port of the descriptor's address")


def _region_faults(of_regions: object) -> Iterator[dict[str, str]]:
    if of_regions is None:
        return
    if not isinstance(of_regions, dict):
        yield _fault("regionBaseUrls", "it must be an object of regions and their base URLs")
        return
    for region, base_url in of_regions.items():
        field = f"regionBaseUrls.{region}"
        if region not in get_args(Region):
            yield _fault(field, f"there is no such region; {', '.join(get_args(Region))} are known")
        elif _split(base_url) is None:
            yield _fault(field, "it must be a web address without query: https://eu.app.example")


def _webhook_faults(entry: object, field: str) -> Iterator[dict[str, str]]:
    if entry is None:
        return
    if not isinstance(entry, dict):
        yield _fault(field, "it must be an object with migrationWebhookPath")
    elif "migrationWebhookPath" not in entry:
        yield _fault(f"{field}.migrationWebhookPath", "it is missing: no event could be sent")
    elif not _is_path(entry["migrationWebhookPath"]):
        yield _fault(f"{field}.migrationWebhookPath", _PATH_NEEDED)


def _fetch(services: Services, descriptor_url: str) -> bytes:
    raw = bytearray()
    headers = {"Accept": "application/json"}
    try:
        with (
            services.open_client(FETCH_SECONDS) as client,
            client.stream("GET", descriptor_url, headers=headers) as response,
        ):
            if response.status_code != 200:
                raise _unreachable(f"it answered {response.status_code} instead of 200")
            for piece in response.iter_bytes():
                raw += piece
                if len(raw) > LIMIT_BYTES:
                    raise _unreachable(f"it is larger than {LIMIT_BYTES} bytes")
    except httpx.TimeoutException:
        raise _unreachable(f"no complete answer within {FETCH_SECONDS:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(f"{type(error).__name__}") from None
    return bytes(raw)


def _parse(raw: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        fault = _fault("body", "it is no JSON object")
        raise Refusal(
            error_codes.DESCRIPTOR_INVALID, summary="it is no JSON object", details=[fault]
        )
    return document


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = document.get(name)
    return part if isinstance(part, dict) else {}


def _split(base_url: object) -> SplitResult | None:
    if not isinstance(base_url, str) or not base_url.isprintable() or " " in base_url:
        return None
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError:
        return None
    is_plain = not parts.query and not parts.fragment and parts.username is None
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return parts if is_web and is_plain else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def _is_path(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith("/")
        and not value.startswith("//")
        and value.isprintable()
        and not set(value) & set(" \\#")
        and ".." not in value.partition("?")[0].split("/")
    )


def _fault(field: str, problem: str) -> dict[str, str]:
    return {"field": field, "problem": problem}


def _unreachable(problem: str) -> Refusal:
    return Refusal(error_codes.DESCRIPTOR_UNREACHABLE, problem=problem)
