"""The calls that tell an app about its installation: one attempt, judged by the answer's status.

`installed` and `uninstalled` are signed with the platform's install key (RS256), `enabled` and
`disabled` with the secret that `installed` brought (HS256). Where `installed` brings a new secret
in place of one in force, a second header carries a token signed with that.
Source: wire contract, 3.3
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import orjson

from portway_platform import error_codes
from portway_platform.installations.handshakes import Handshake
from portway_platform.services import Services
from portway_sdk.tokens import context_path_of, sign_connect_token, sign_install_token
from portway_sdk.wire import InstalledPayload, LifecyclePayload
from portway_service.errors import Refusal

CALL_SECONDS = 10.0
FORMER_SECRET_HEADER = "Portway-Former-Secret"  # noqa: S105 - the header's name


def tell_installed(services: Services, handshake: Handshake) -> None:
    """Give the app its secret; refuse with `app_did_not_accept` unless it answers 2xx."""
    payload = InstalledPayload(
        shared_secret=handshake.shared_secret,
        public_key=services.keys.install.public_base64,
        **_facts(services, handshake, "installed"),
    )
    _call(services, handshake, "installed", payload, _sign_with_install_key)


def tell_enabled(services: Services, handshake: Handshake) -> None:
    """Tell the app that it may begin; refuse with `app_did_not_accept` unless it answers 2xx."""
    payload = LifecyclePayload(**_facts(services, handshake, "enabled"))
    _call(services, handshake, "enabled", payload, _sign_with_secret)


def tell_disabled(services: Services, handshake: Handshake) -> None:
    """Tell the app to pause; refuse with `app_did_not_accept` unless it answers 2xx."""
    payload = LifecyclePayload(**_facts(services, handshake, "disabled"))
    _call(services, handshake, "disabled", payload, _sign_with_secret)


def tell_uninstalled(services: Services, handshake: Handshake) -> None:
    """Tell the app that it is gone; refuse with `app_did_not_accept` unless it answers 2xx."""
    payload = LifecyclePayload(**_facts(services, handshake, "uninstalled"))
    _call(services, handshake, "uninstalled", payload, _sign_with_install_key)


def _facts(services: Services, handshake: Handshake, event: str) -> Mapping[str, Any]:
    site = handshake.site
    return {
        "key": handshake.app_key,
        "client_key": site.client_key,
        "oauth_client_id": services.keys.pseudonym(f"{site.client_key} {handshake.app_key}"),
        "base_url": site.base_url(services),
        "product_type": site.product.lower(),
        "description": site.name,
        "event_type": event,
    }


def _call(
    services: Services,
    handshake: Handshake,
    event: str,
    payload: LifecyclePayload,
    sign: Callable[[Services, Handshake, str], str],
) -> None:
    url = handshake.descriptor.lifecycle_url(event)
    if url is None:
        return
    headers = {
        "Authorization": f"JWT {sign(services, handshake, url)}",
        "Content-Type": "application/json",
    }
    if event == "installed" and handshake.former_secret is not None:
        former = _sign_with_secret(services, handshake, url, secret=handshake.former_secret)
        headers[FORMER_SECRET_HEADER] = f"JWT {former}"
    body = orjson.dumps(payload.model_dump(mode="json", by_alias=True, exclude_none=True))
    try:
        with (
            services.open_client(CALL_SECONDS) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            status = response.status_code
    except httpx.TimeoutException:
        raise _refusal(event, f"no answer within {CALL_SECONDS:.0f} s") from None
    except httpx.HTTPError as error:
        raise _refusal(event, type(error).__name__) from None
    if not 200 <= status < 300:
        raise _refusal(event, f"it answered {status}")


def _sign_with_install_key(services: Services, handshake: Handshake, url: str) -> str:
    base_url = handshake.descriptor.base_url
    return sign_install_token(
        private_key=services.keys.install.private_key,
        key_id=services.keys.install.kid,
        client_key=handshake.site.client_key,
        app_base_url=base_url,
        method="POST",
        url=url,
        context_path=context_path_of(base_url),
        now=services.clock.now(),
    )


def _sign_with_secret(
    services: Services, handshake: Handshake, url: str, *, secret: str | None = None
) -> str:
    return sign_connect_token(
        issuer=handshake.site.client_key,
        secret=secret or handshake.shared_secret,
        method="POST",
        url=url,
        context_path=context_path_of(handshake.descriptor.base_url),
        now=services.clock.now(),
    )


def _refusal(event: str, problem: str) -> Refusal:
    return Refusal(error_codes.APP_DID_NOT_ACCEPT, event=event, problem=problem)
