"""What a vendor declares about the server app, and what is called when work comes.

Source: wire contract, 2.2 and 2.5; docs/reference/gateway-api.md.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import httpx
import pydantic

from portway_scopes import AccessScope
from portway_sdk._checks import TIME_LIMIT_SECONDS, CheckFunction, VendorCheck
from portway_sdk._errors import ConfigurationError
from portway_sdk._gateway import Gateway
from portway_sdk._settings import ListenerSettings
from portway_sdk._work_loop import Handlers, WorkLoop
from portway_sdk.wire import (
    CHECKS_LIMIT,
    CheckSpec,
    CustomFieldMapping,
    Declaration,
    TransferDefinition,
)

StartHandler = TypeVar("StartHandler", bound=Callable[[Gateway], None])
RerunHandler = TypeVar("RerunHandler", bound=Callable[[Gateway, str], None])
AnyCheck = TypeVar("AnyCheck", bound=CheckFunction)


class Listener:
    """The server app's side of an app migration."""

    def __init__(
        self,
        *,
        server_app_key: str,
        cloud_app_key: str,
        version: str,
        scopes: Iterable[AccessScope | str],
        reruns: bool = True,
        forge_app_id: str | None = None,
        forge_environment: str = "development",
        transfers: Iterable[TransferDefinition] = (),
        macro_mappings: Mapping[str, str] | None = None,
        custom_field_mappings: Iterable[CustomFieldMapping] = (),
        workflow_rule_mappings: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the app.

        Args:
            server_app_key: The app's key on the server.
            cloud_app_key: The key of the cloud app that takes over.
            version: The installed version; a new one asks admins for their agreement again.
            scopes: The access scopes the migration needs; as few as will do.
            reruns: Whether a failed transfer may be run again.
            forge_app_id: The Forge app that takes over; without it a Connect app does.
            forge_environment: The environment of the Forge app, in lower case.
            transfers: The app's transfers, where it has several; the start handler is called for
                each, and `gateway.transfer_name` says which.
            macro_mappings: Macro name in storage format to the key of the Forge macro module.
            custom_field_mappings: Jira custom fields that core migration moves to the cloud app's.
            workflow_rule_mappings: Class name of a Jira workflow rule to the cloud rule's key.

        Raises:
            ConfigurationError: A key is empty, a scope unknown, the environment not in lower case,
                or the transfers do not fit together.
        """
        if forge_environment != forge_environment.lower():
            raise ConfigurationError(
                f"Forge environments are lower case: write {forge_environment.lower()}, not"
                f" {forge_environment}, or no event comes to the app"
            )
        try:
            known = frozenset(AccessScope(scope) for scope in scopes)
        except ValueError as exc:
            raise ConfigurationError(f"{exc}; known scopes: {', '.join(AccessScope)}") from None
        try:
            self._base = Declaration(
                server_app_key=server_app_key,
                cloud_app_key=cloud_app_key,
                version=version,
                data_access_scopes=known,
                reruns=reruns,
                forge_app_id=forge_app_id,
                forge_environment=forge_environment,
                transfers=tuple(transfers),
                macro_mappings=dict(macro_mappings or {}),
                custom_field_mappings=tuple(custom_field_mappings),
                workflow_rule_mappings=dict(workflow_rule_mappings or {}),
            )
        except pydantic.ValidationError as exc:
            raise ConfigurationError(*map(_problem_of, exc.errors())) from None
        self._handlers = Handlers()

    @property
    def declaration(self) -> Declaration:
        """What the platform is told at each start."""
        checks = tuple(check.spec for check in self._handlers.checks.values())
        preloads = self._handlers.preload is not None
        return self._base.model_copy(update={"checks": checks, "preloads": preloads})

    def on_start_app_migration(self, handler: StartHandler) -> StartHandler:
        """Register what is called when a transfer starts. Returning settles nothing.

        Raises:
            ConfigurationError: There is such a handler already.
        """
        if self._handlers.start is not None:
            raise ConfigurationError("there is one start handler already")
        self._handlers.start = handler
        return handler

    def on_rerun_app_migration(self, handler: RerunHandler) -> RerunHandler:
        """Register what is called for a re-run instead of the start handler.

        It also gets the id of the transfer that is run again.

        Raises:
            ConfigurationError: There is such a handler already.
        """
        if self._handlers.rerun is not None:
            raise ConfigurationError("there is one re-run handler already")
        self._handlers.rerun = handler
        return handler

    def on_preload(self, handler: StartHandler) -> StartHandler:
        """Register what sends files ahead of the migration window. Without it there is no preload.

        Raises:
            ConfigurationError: There is such a handler already.
        """
        if self._handlers.preload is not None:
            raise ConfigurationError("there is one preload handler already")
        self._handlers.preload = handler
        return handler

    def vendor_check(
        self,
        check_id: str,
        *,
        title: str,
        description: str = "",
        steps_to_resolve: Mapping[str, str] | None = None,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
    ) -> Callable[[AnyCheck], AnyCheck]:
        """Register a check that the admin sees before the move.

        Args:
            check_id: Names the check; unique within the app.
            title: What the admin reads, at most 60 characters.
            description: For the vendor; not shown.
            steps_to_resolve: Texts by name, at most 1050 characters each; a result names the one
                to show and fills its `{name}` places.
            time_limit_seconds: After this the check counts as failed.

        Raises:
            ConfigurationError: A limit is broken, or there are more than three checks.
        """

        def register(function: AnyCheck) -> AnyCheck:
            self._handlers.checks[check_id] = VendorCheck(spec, function, time_limit_seconds)
            return function

        if not check_id:
            raise ConfigurationError("a vendor check needs an id, for example empty-notes")
        spec = CheckSpec(
            check_id=check_id,
            title=title,
            description=description,
            steps_to_resolve=dict(steps_to_resolve or {}),
        )
        if check_id in self._handlers.checks:
            raise ConfigurationError(f"there is a check {check_id} already")
        if len(self._handlers.checks) == CHECKS_LIMIT:
            raise ConfigurationError(f"an app may have {CHECKS_LIMIT} vendor checks, not more")
        if violations := spec.violations():
            raise ConfigurationError(*violations)
        return register

    def run(
        self,
        settings: ListenerSettings,
        *,
        stop: threading.Event | None = None,
        once: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> int:
        """Take work from the platform until told to stop; return how many pieces were handled.

        Enrols at the first start, declares the app, then waits for work. Lost connections and
        platform restarts are waited out. In the main thread SIGINT and SIGTERM end it too: a
        running handler's next call raises `WorkInterruptedError`; a second signal acts at once.

        Args:
            settings: Where the platform and the key file are.
            stop: Ends the run when set, by any thread.
            once: Return after one wait for work, and the work it brought.
            transport: Takes the place of the network, for tests and in-process platforms.

        Raises:
            ConfigurationError: No start handler, not enrolled and no token, or a bad key file.
            APIError: The platform refuses this listener.
        """
        if self._handlers.start is None:
            raise ConfigurationError("register a handler with @listener.on_start_app_migration")
        loop = WorkLoop(
            settings,
            self.declaration,
            self._handlers,
            stop=stop or threading.Event(),
            transport=transport,
        )
        return loop.run(once=once)


def _problem_of(error: Any) -> str:
    """Return what is wrong with a declaration, in the words of the constructor."""
    if error["type"] == "string_too_short":
        return f"the listener's {error['loc'][0]} must not be empty"
    where = ".".join(str(part) for part in error["loc"])
    what = error["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
