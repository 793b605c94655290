"""Vendor checks: what a vendor looks at before the move, within a time limit."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from portway_sdk._errors import ConfigurationError
from portway_sdk._stack_traces import describe_failure, describe_thread
from portway_sdk.wire import CheckContext, CheckResult, CheckSpec, ListenerError

TIME_LIMIT_SECONDS = 2.0

CheckFunction = Callable[[CheckContext], CheckResult]


@dataclass(frozen=True)
class VendorCheck:
    """A check as declared, and the function that does it."""

    spec: CheckSpec
    function: CheckFunction
    time_limit_seconds: float = TIME_LIMIT_SECONDS

    def run(self, context: CheckContext) -> CheckResult | ListenerError:
        """Return what the check found, or how it failed.

        It runs in a thread of its own; one that takes too long is left behind.
        """
        outcome: list[CheckResult | ListenerError] = []

        def look() -> None:
            try:
                outcome.append(self._checked(self.function(context)))
            except BaseException as exc:
                outcome.append(describe_failure(exc))

        thread = threading.Thread(
            target=look, name=f"portway-check-{self.spec.check_id}", daemon=True
        )
        thread.start()
        thread.join(self.time_limit_seconds)
        return outcome[0] if outcome else describe_thread(thread, "CheckTimedOut")

    def _checked(self, result: object) -> CheckResult:
        if not isinstance(result, CheckResult):
            raise ConfigurationError(f"check {self.spec.check_id} must return a CheckResult")
        named = result.steps_to_resolve
        if named is not None and named not in self.spec.steps_to_resolve:
            raise ConfigurationError(f"check {self.spec.check_id} has no steps named {named!r}")
        return result
