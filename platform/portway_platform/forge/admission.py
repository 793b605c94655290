"""Admits Forge apps to their REST. A settled transfer answers 409 here (wire contract, 1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import flask

from portway_platform import error_codes
from portway_platform.admission import Admitted, AppItself, AppMay, asked, pass_gate
from portway_platform.forge.callers import ForgeCaller, identify_app
from portway_platform.ledger.refusals import noting_refusals
from portway_platform.services import Services
from portway_scopes import RefusalReason
from portway_service.endpoints import Open
from portway_service.errors import Refusal

SETTLED = replace(error_codes.REFUSALS[RefusalReason.TRANSFER_SETTLED], status=409)


@dataclass(frozen=True)
class ForgeAdmission:
    """Admits environments of Forge apps."""

    services: Services

    def admit(
        self, request: flask.Request, access: Any, path: Mapping[str, str], query: Any
    ) -> Admitted[ForgeCaller] | None:
        """Return the app that calls, with the transfer it may reach; refuse anybody else."""
        if isinstance(access, Open):
            return None
        with self.services.database.read() as connection:
            caller = identify_app(connection, self.services, request)
            if isinstance(access, AppItself):
                return Admitted(caller)
            if not isinstance(access, AppMay):
                raise TypeError(f"the Forge interface does not know {access!r}")
            wanted = asked(request, access.access, data_class=None)
            try:
                with noting_refusals(self.services, caller.app_key, wanted, path):
                    granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
            except Refusal as refusal:
                raise as_forge(refusal) from None
            return Admitted(caller, granted)


def as_forge(refusal: Refusal) -> Refusal:
    """Return a refusal as Forge apps are told of it."""
    if refusal.code != RefusalReason.TRANSFER_SETTLED:
        return refusal
    return Refusal(SETTLED, headers=refusal.headers, **refusal.facts)
