"""The agreement a running upload or download relies on, looked at again for each piece.

The gate decides at the start, and again whenever anything its decision rests on has changed. In
between, one indexed read per piece finds out that nothing has.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, bindparam, select

from portway_platform.catalogue.tables import apps
from portway_platform.consents.tables import consent_records
from portway_platform.gate import Owner, TransferAccess, check_transfer
from portway_platform.ledger.refusals import noting_refusals
from portway_platform.services import Services
from portway_platform.transfers.service import lock_transfer
from portway_platform.transfers.tables import transfers
from portway_scopes import Request


class Standing:
    """One access to a transfer that goes on for a while."""

    def __init__(
        self,
        services: Services,
        transfer_id: str,
        request: Request,
        *,
        owner: Owner,
        admitted: TransferAccess | None = None,
    ) -> None:
        """Pass the gate, or refuse.

        `admitted` is what the gate said at the beginning of this very request; whoever gives it
        passes the gate once more before anything takes effect.
        """
        self._services = services
        self._transfer_id = transfer_id
        self._request = request
        self._owner = owner
        with self._noting(), services.database.read() as connection:
            self.access = admitted or self._pass_gate(connection)
            self._grounds = self._read_grounds(connection)
            if not self._still_hold(self._grounds):
                # Between the gate's word and now, something changed.
                self.access = self._pass_gate(connection)

    def check(self) -> None:
        """Refuse as soon as the access is no longer open."""
        with self._noting(), self._services.database.read() as connection:
            grounds = self._read_grounds(connection)
            if grounds == self._grounds and not self._has_expired(grounds):
                return
            self.access = self._pass_gate(connection)
            self._grounds = grounds

    @contextmanager
    def taking_effect(self) -> Iterator[tuple[Connection, TransferAccess]]:
        """Write while the access is open: nobody settles the transfer or withdraws its consent
        before the transaction ends."""
        with self._noting(), self._services.database.write() as connection:
            lock_transfer(connection, self._transfer_id)
            yield connection, self._pass_gate(connection)

    def _noting(self) -> AbstractContextManager[None]:
        # Outermost: the ledger is written to once the refused transaction has let go.
        path = {"transfer_id": self._transfer_id}
        return noting_refusals(self._services, None, self._request, path)

    def _pass_gate(self, connection: Connection) -> TransferAccess:
        return check_transfer(
            connection,
            self._transfer_id,
            self._request,
            owner=self._owner,
            clock=self._services.clock,
        )

    def _has_expired(self, grounds: Any) -> bool:
        if grounds is None or grounds.expires_at is None:
            return False
        return bool(grounds.expires_at <= self._services.clock.now())

    def _still_hold(self, grounds: Any) -> bool:
        """Tell whether these are grounds on which the gate gave the access."""
        return (
            grounds is not None
            and grounds.status == self.access.status
            and grounds.withdrawn_at is None
            and grounds.current_version == grounds.app_version
            and self.access.granted_scopes == frozenset(grounds.scopes)
            and not self._has_expired(grounds)
        )

    def _read_grounds(self, connection: Connection) -> Any:
        """Return what the decision rests on, but for the time."""
        return connection.execute(
            _GROUNDS,
            {
                "its_id": self._transfer_id,
                "its_server": self.access.server_id,
                "its_site": self.access.site_id,
            },
        ).first()


_GROUNDS = (
    select(
        transfers.c.status,
        apps.c.current_version,
        consent_records.c.id,
        consent_records.c.app_version,
        consent_records.c.scopes,
        consent_records.c.withdrawn_at,
        consent_records.c.expires_at,
    )
    .join(apps, apps.c.key == transfers.c.app_key)
    .join(
        consent_records,
        (consent_records.c.app_key == transfers.c.app_key)
        & (consent_records.c.server_id == bindparam("its_server"))
        & (consent_records.c.site_id == bindparam("its_site"))
        & consent_records.c.superseded_at.is_(None),
    )
    .where(transfers.c.id == bindparam("its_id"))
)
