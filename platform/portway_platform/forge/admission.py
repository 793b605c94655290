"""Admits Forge apps to their REST. A settled transfer answers 409 here (wire contract, 1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import flask

from portway_platform import error_codes
from portway_platform.admission import Admitted, AppItself, AppMay, asked, pass_gate
from portway_platform.dialect.refusals import hides_mappings, with_spoken_status
from portway_platform.dialect.service import for_site
from portway_platform.forge.callers import ForgeCaller, identify_app
from portway_platform.ledger.refusals import noting_refusals
from portway_platform.services import Services
from portway_scopes import Access, RefusalReason, Request
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
            self.services.rate_limiter.count("forge", caller.app_key, caller.site_id)
            if isinstance(access, AppItself):
                return Admitted(caller)
            if not isinstance(access, AppMay):
                raise TypeError(f"the Forge interface does not know {access!r}")
            wanted = asked(request, access.access, data_class=None)
            try:
                with noting_refusals(self.services, caller.app_key, wanted, path):
                    granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
            except Refusal as refusal:
                dialect = for_site(connection, caller.site_id)
                if not hides_mappings(refusal, dialect):
                    raise as_forge(with_spoken_status(refusal, dialect)) from None
                wanted = Request(Access.READ_TRANSFER)
                granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
                return Admitted(caller, granted, sees_no_mappings=True)
            return Admitted(caller, granted)


def as_forge(refusal: Refusal) -> Refusal:
    """Return a refusal as Forge apps are told of it."""
    if refusal.code != RefusalReason.TRANSFER_SETTLED:
        return refusal
    return Refusal(SETTLED, headers=refusal.headers, **refusal.facts)
