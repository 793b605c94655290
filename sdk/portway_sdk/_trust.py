"""Whom a cloud app believes: sites it is installed on, and the platform that installs it.

Source: wire contract, 3.2 and 3.3; docs/reference/connect-api.md#authentication.
"""

from portway_sdk._app_store import AppStore, Installation
from portway_sdk._canonical import context_path_of
from portway_sdk._connect_tokens import (
    find_connect_token,
    verify_connect_token,
    verify_install_token,
)
from portway_sdk._errors import VerificationError, VerificationReason
from portway_sdk._install_keys import InstallKeys
from portway_sdk._jwt import read_unverified_issuer, read_unverified_key_id
from portway_sdk._requests import MalformedError, Request, url_of
from portway_sdk._settings import CloudAppSettings
from portway_sdk._timing import Timing
from portway_sdk.wire import LifecyclePayload


class Trust:
    """Verifies the tokens of requests to one cloud app."""

    def __init__(
        self,
        settings: CloudAppSettings,
        *,
        store: AppStore,
        install_keys: InstallKeys,
        timing: Timing,
    ) -> None:
        self._settings = settings
        self._store = store
        self._install_keys = install_keys
        self._timing = timing
        self._context_path = context_path_of(settings.base_url)

    def verify(self, request: Request) -> Installation:
        """Return the installation whose shared secret signed the request."""
        token = find_connect_token(request.find_header("Authorization"), request.query)
        installation = self._store.find_installation(read_unverified_issuer(token))
        if installation is None:
            raise VerificationError(
                VerificationReason.KEY_UNKNOWN, "the app is not installed there"
            )
        verify_connect_token(
            token,
            secret=installation.shared_secret,
            issuer=installation.client_key,
            audience=(self._settings.app_key, installation.client_key),
            method=request.method,
            url=url_of(request),
            context_path=self._context_path,
            now=self._timing.now(),
        )
        return installation

    def verify_install(self, request: Request, payload: LifecyclePayload, event_type: str) -> None:
        """Check that the platform's own key signed this lifecycle call."""
        token = find_connect_token(request.find_header("Authorization"), request.query)
        verify_install_token(
            token,
            public_key_pem=self._install_keys.get(read_unverified_key_id(token)),
            client_key=payload.client_key,
            app_base_url=self._settings.base_url,
            method=request.method,
            url=url_of(request),
            context_path=self._context_path,
            now=self._timing.now(),
        )
        if (payload.key, payload.event_type) != (self._settings.app_key, event_type):
            raise MalformedError(["key", "eventType"])
