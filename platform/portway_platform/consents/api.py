"""Cards, agreements, withdrawals and receipts over the admin API."""

import flask

from portway_platform.admission import AdminMay
from portway_platform.catalogue.messages import Manifest
from portway_platform.consents import service
from portway_platform.consents.messages import (
    Card,
    CardOutput,
    CardPolicy,
    CardQuery,
    CardScope,
    ConsentInput,
    Notice,
    RecordOutput,
    RecordsQuery,
    WithdrawalInput,
)
from portway_platform.consents.rules import notice_text, text_digest
from portway_platform.consents.service import KeptRecord
from portway_platform.idempotency.service import answer_once
from portway_platform.services import Interfaces, Services
from portway_scopes import SCOPE_TEXTS, STATE_TEXTS
from portway_service.endpoints import Call, Media

SEE = AdminMay("see consent records")
DECIDE = AdminMay("agree and withdraw")
RECEIPT_TYPE = "application/jose"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    def output(kept: KeptRecord) -> RecordOutput:
        return _record_output(kept, stands=kept.record.stands_at(services.clock.now()))

    @admin.endpoint("GET", "/consents/card", access=SEE, query=CardQuery)
    def get_card(call: Call) -> CardOutput:
        wanted = call.query
        with services.database.read() as connection:
            view = service.get_card(connection, services, wanted.app, wanted.server, wanted.site)
        text = STATE_TEXTS[view.state]
        return CardOutput(
            state=view.state,
            message=text.message,
            next_step=text.next_step,
            card=_card(view.manifest),
            record=output(view.newest) if view.newest else None,
        )

    @admin.endpoint(
        "POST", "/consents", access=DECIDE, body=ConsentInput, answers={201: RecordOutput}
    )
    def give_consent(call: Call) -> flask.Response:
        return answer_once(
            services,
            call,
            caller="admin",
            create=lambda connection: (
                201,
                output(service.give_consent(connection, services, call.body)),
            ),
        )

    @admin.endpoint("GET", "/consents", access=SEE, query=RecordsQuery)
    def list_records(call: Call) -> list[RecordOutput]:
        wanted = call.query
        with services.database.read() as connection:
            found = service.list_records(
                connection, app_key=wanted.app, server_key=wanted.server, site_key=wanted.site
            )
        return [output(kept) for kept in found]

    @admin.endpoint("GET", "/consents/<record_id>", access=SEE)
    def get_record(call: Call) -> RecordOutput:
        with services.database.read() as connection:
            return output(service.get_record(connection, call.path["record_id"]))

    @admin.endpoint("POST", "/consents/<record_id>/withdrawal", access=DECIDE, body=WithdrawalInput)
    def withdraw_consent(call: Call) -> RecordOutput:
        with services.database.write() as connection:
            kept = service.withdraw_consent(
                connection, services, call.path["record_id"], call.body.withdrawn_by
            )
        return output(kept)

    @admin.endpoint(
        "GET", "/consents/<record_id>/receipt", access=SEE, answers={200: Media(RECEIPT_TYPE)}
    )
    def get_receipt(call: Call) -> flask.Response:
        with services.database.read() as connection:
            kept = service.get_record(connection, call.path["record_id"])
        return flask.Response(kept.receipt, mimetype=RECEIPT_TYPE)


def _card(manifest: Manifest) -> Card:
    text = notice_text(manifest)
    return Card(
        app_key=manifest.app_key,
        app_name=manifest.name,
        vendor=manifest.vendor,
        app_version=manifest.version,
        scopes=tuple(
            CardScope(
                scope=declared.scope,
                title=SCOPE_TEXTS[declared.scope].title,
                explanation=SCOPE_TEXTS[declared.scope].explanation,
                reason=declared.reason,
            )
            for declared in manifest.scopes
        ),
        policies=tuple(
            CardPolicy(
                kind=policy.kind,
                url=policy.url,
                version=policy.version,
                digest=text_digest(policy.text),
            )
            for policy in manifest.policies
        ),
        notice=Notice(text=text, digest=text_digest(text)),
    )


def _record_output(kept: KeptRecord, *, stands: bool) -> RecordOutput:
    record = kept.record
    return RecordOutput(
        record_id=record.record_id,
        app_key=record.app_key,
        server_key=kept.server_key,
        site_key=kept.site_key,
        app_version=record.terms.app_version,
        offered_scopes=tuple(sorted(record.terms.scopes)),
        scopes=tuple(sorted(record.scopes)),
        policy_digests=dict(record.terms.policy_digests),
        notice_digest=record.terms.notice_digest,
        given_by=record.given_by,
        method=kept.method,
        given_at=record.given_at,
        expires_at=record.expires_at,
        withdrawn_at=record.withdrawn_at,
        withdrawn_by=kept.withdrawn_by,
        superseded_at=record.superseded_at,
        stands=stands,
    )
