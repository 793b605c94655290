"""App migration as the admin's side sees it: install, agree, check, transfer, wait.

Source: docs/reference/admin-api.md; assistant features F053-F063, F192-F229.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portway_assistant.clients import PlatformClient
from portway_assistant.progress import Progress
from portway_assistant.runs.ledger import AppOutcome
from portway_assistant.stopping import sleep
from portway_sdk import APIError

SETTLED = frozenset({"SUCCESS", "INCOMPLETE", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED"})
POLL_SECONDS = 0.3
LISTENER_WAIT_SECONDS = 30.0
CHECKS_WAIT_SECONDS = 60.0

Container = Mapping[str, Any]


@dataclass(frozen=True)
class AppToMove:
    """An app of the plan."""

    manifest: Mapping[str, Any]
    agree: bool
    """Whether the operator agrees to the manifest's terms by naming the app."""

    @property
    def key(self) -> str:
        """The cloud app's key."""
        return str(self.manifest["app_key"])

    @property
    def version(self) -> str:
        """The version whose terms are agreed to."""
        return str(self.manifest["version"])


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    owner: str
    """`portway`, or the key of the app whose vendor ships the check."""
    check_id: str
    title: str
    outcome: str
    """`passed`, `warned`, `failed` (blocks the app), `broken` (the check itself)."""
    message: str = ""
    app_key: str | None = None
    """The app it is about, if it is about one."""


class AppMover:
    """Moves the apps of one plan from one server to one site."""

    def __init__(
        self,
        platform: PlatformClient,
        *,
        server_key: str,
        site_key: str,
        operator: str,
        progress: Progress,
        stop: threading.Event,
        patience_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._platform = platform
        self._server_key = server_key
        self._site_key = site_key
        self._operator = operator
        self._progress = progress
        self._stop = stop
        self._patience_seconds = patience_seconds
        self._monotonic = monotonic

    def publish(self, app: AppToMove) -> None:
        """Put the app's version into the catalogue."""
        self._platform.publish_app(app.manifest)

    def install(self, app: AppToMove) -> CheckResult:
        """Install the cloud app on the site, unless it is there."""
        cloud = app.manifest.get("cloud") or {}
        title = "The cloud app is installed on the site"
        address = cloud.get("descriptor_url")
        environments = forge_environments(app.manifest)
        if not address and not environments:
            problem = "the manifest names neither a descriptor_url nor a Forge environment"
            return CheckResult("portway", "app-installed", title, "failed", problem)
        try:
            if address:
                self._platform.install_app(self._site_key, app.key, address)
            # Which of them takes the transfer is for the listener to say.
            for environment in environments:
                self._platform.install_forge_app(self._site_key, app.key, environment)
        except APIError as error:
            return CheckResult("portway", "app-installed", title, "failed", error.message)
        return CheckResult("portway", "app-installed", title, "passed")

    def agree(self, app: AppToMove, *, key: str) -> tuple[CheckResult, str | None]:
        """Record the operator's agreement to exactly what the card shows today.

        Returns the check's result and the id of the standing record, if there is one.
        """
        title = "An admin agreed to the app's data migration"
        answer = self._platform.consent_card(app.key, self._server_key, self._site_key)
        if answer["state"] != "CONSENTED" and app.agree:
            if answer["state"] not in {"CONSENT_REQUIRED", "CONSENT_STALE"}:
                return CheckResult(
                    "portway", "app-consent", title, "failed", answer["message"]
                ), None
            card = answer["card"]
            self._platform.give_consent(
                {
                    "appKey": app.key,
                    "serverKey": self._server_key,
                    "siteKey": self._site_key,
                    "appVersion": card["appVersion"],
                    "scopes": [scope["scope"] for scope in card["scopes"]],
                    "policyDigests": {
                        policy["kind"]: policy["digest"] for policy in card["policies"]
                    },
                    "noticeDigest": card["notice"]["digest"],
                    "givenBy": self._operator,
                    "method": "command-line",
                },
                key=key,
            )
            answer = self._platform.consent_card(app.key, self._server_key, self._site_key)
        if answer["state"] != "CONSENTED":
            message = f"{answer['message']} {answer['nextStep']}"
            return CheckResult("portway", "app-consent", title, "failed", message), None
        record_id = str(answer["record"]["recordId"])
        return CheckResult("portway", "app-consent", title, "passed"), record_id

    def await_listener(self, app: AppToMove) -> CheckResult:
        """Wait a while for the server app to be enrolled and connected."""
        title = "The server app is connected"

        def is_connected() -> bool:
            return any(
                listener["appKey"] == app.key and listener["connected"]
                for listener in self._platform.listeners(self._server_key)
            )

        if self._until(is_connected, LISTENER_WAIT_SECONDS):
            return CheckResult("portway", "app-listener", title, "passed")
        message = (
            "No server app of this key is connected to the gateway. Make an enrolment token with"
            f" `portway app enrol {app.key} --server {self._server_key}` and start the server app."
        )
        return CheckResult("portway", "app-listener", title, "failed", message)

    def run_checks(
        self, app: AppToMove, containers: Sequence[Container], *, key: str
    ) -> list[CheckResult]:
        """Let the vendor's checks run, and return what they found."""
        check_run_id = self._platform.start_checks(
            app.key, self._server_key, self._site_key, containers, key=key
        )
        found: dict[str, Any] = {}

        def is_finished() -> bool:
            found.update(self._platform.check_run(check_run_id))
            return bool(found["status"] == "FINISHED")

        self._until(is_finished, CHECKS_WAIT_SECONDS)
        return [
            CheckResult(
                owner=app.key,
                check_id=result["checkId"],
                title=result["title"],
                outcome=result["outcome"],
                message=" ".join(filter(None, [result.get("message"), result.get("steps")])),
            )
            for result in found.get("results", [])
        ]

    def transfer(
        self,
        app: AppToMove,
        migration_id: str,
        *,
        consent_record_id: str | None,
        key: str,
        rerun_of: str | None = None,
    ) -> AppOutcome:
        """Start the app's transfer and follow it until it settles or patience runs out.

        `rerun_of` is a transfer that did not succeed: an app that knows re-runs is asked for one,
        any other begins anew.
        """
        try:
            state = self._rerun(rerun_of, key) if rerun_of is not None else None
            if state is None:
                state = self._platform.start_transfer(migration_id, app.key, key=key)
        except APIError as error:
            return AppOutcome(
                app_key=app.key,
                app_version=app.version,
                status="REFUSED",
                message=f"{error.message} {error.fix or ''}".strip(),
                consent_record_id=consent_record_id,
                details={"code": error.code},
            )
        transfer_id = str(state["transferId"])

        def is_settled() -> bool:
            state.update(self._platform.transfer(transfer_id))
            self._progress.app(
                app.key, state["status"], state["percent"] or 0, state["message"] or ""
            )
            return state["status"] in SETTLED

        self._until(is_settled, self._patience_seconds)
        message = state["message"] or state.get("reason")
        if state["status"] not in SETTLED:
            message = "Still under way. Run the same command again to follow it further."
        return AppOutcome(
            app_key=app.key,
            app_version=app.version,
            status=state["status"],
            transfer_id=transfer_id,
            message=message,
            consent_record_id=consent_record_id,
            details={
                "uploads": state["uploads"],
                "events": state["events"],
                "feedback": state.get("feedback"),
                "error": state.get("error"),
            },
        )

    def _rerun(self, transfer_id: str, key: str) -> dict[str, Any] | None:
        """Run a transfer again; None when it is too late, or its app cannot."""
        try:
            return self._platform.rerun_transfer(transfer_id, key=f"{key}/rerun")
        except APIError as error:
            if error.code != "rerun_impossible":
                raise
            return None

    def _until(self, holds: Callable[[], bool], patience_seconds: float) -> bool:
        given_up_at = self._monotonic() + patience_seconds
        while not holds():
            sleep(POLL_SECONDS, self._stop)
            if self._monotonic() > given_up_at:
                return False
        return True


def forge_environments(manifest: Mapping[str, Any]) -> list[str]:
    """Return the names of the environments a manifest lists, if it has a Forge app."""
    forge = manifest.get("forge") or {}
    return [environment["name"] for environment in forge.get("environments") or ()]
