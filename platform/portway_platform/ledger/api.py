"""The ledger over the admin API: entries, checkpoints, proofs."""

import base64
from collections.abc import Iterator
from typing import Any

import flask
import orjson

from portway_platform import error_codes
from portway_platform.admission import AdminMay
from portway_platform.ledger.messages import (
    ConsistencyOutput,
    ConsistencyQuery,
    EntriesQuery,
    WholeQuery,
)
from portway_platform.services import Interfaces, Services
from portway_scopes.ledger import render_proof
from portway_service.endpoints import Call, Media
from portway_service.errors import Refusal

READ = AdminMay("read the ledger")
NDJSON = "application/x-ndjson"
TEXT = "text/plain"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin, ledger = interfaces.admin, services.ledger

    @admin.endpoint("GET", "/ledger", access=READ, query=EntriesQuery)
    def list_entries(call: Call) -> list[Any]:
        """Return entries that fit, the newest first."""
        wanted = call.query
        found = ledger.find_entries(
            kind=wanted.kind,
            app_key=wanted.app,
            record_id=wanted.record,
            transfer_id=wanted.transfer,
            before=wanted.before,
            limit=wanted.limit,
        )
        return [orjson.loads(raw) for raw in found]

    @admin.endpoint(
        "GET", "/ledger/entries", access=READ, query=WholeQuery, answers={200: Media(NDJSON)}
    )
    def get_entries(call: Call) -> flask.Response:
        """Return every entry as the bytes that were hashed, a line each."""

        def lines() -> Iterator[bytes]:
            for raw in ledger.raw_entries(first=call.query.first):
                yield raw + b"\n"

        return flask.Response(lines(), mimetype=NDJSON)

    @admin.endpoint("GET", "/ledger/checkpoint", access=READ, answers={200: Media(TEXT)})
    def get_checkpoint(call: Call) -> flask.Response:
        """Return the newest checkpoint, a signed note."""
        return flask.Response(ledger.checkpoint(), mimetype=TEXT)

    @admin.endpoint("GET", "/ledger/consistency", access=READ, query=ConsistencyQuery)
    def get_consistency(call: Call) -> ConsistencyOutput:
        """Show that the ledger goes on from an earlier checkpoint."""
        note, proof = ledger.consistency(call.query.size)
        steps = tuple(base64.b64encode(step).decode() for step in proof)
        return ConsistencyOutput(checkpoint=note, proof=steps)

    @admin.endpoint("GET", "/ledger/proofs/<index>", access=READ, answers={200: Media(TEXT)})
    def get_proof(call: Call) -> flask.Response:
        """Return the proof of one entry, a text that verifies offline."""
        index = call.path["index"]
        if not (index.isascii() and index.isdecimal() and len(index) < 19):
            raise Refusal(error_codes.LEDGER_ENTRY_UNKNOWN, index=index)
        return flask.Response(render_proof(ledger.proof(int(index))), mimetype=TEXT)
