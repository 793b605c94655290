"""Receipts of consent records: compact JWS that anybody can verify offline.

Source: docs/reference/consent-receipt.md. Field names follow ISO/IEC TS 27560:2023 where it
has one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from jwt.api_jws import PyJWS

from portway_platform.catalogue.messages import Manifest
from portway_platform.consents.rules import text_digest
from portway_platform.keys.store import Keys
from portway_scopes import SCOPE_TEXTS, ConsentRecord
from portway_service.instants import format_instant

TYPE = "consent-receipt+jws"
SCHEMA_VERSION = "ISO/IEC TS 27560:2023"


def sign_receipt(
    record: ConsentRecord, manifest: Manifest, *, method: str, issuer: str, keys: Keys
) -> str:
    """Return the receipt of an agreement that has just been given."""
    receipt = {
        "schema_version": SCHEMA_VERSION,
        "record_id": record.record_id,
        "pii_principal_id": keys.pseudonym(f"people of {record.server_id}"),
        "privacy_notice": {"digest": record.terms.notice_digest, "language": "en"},
        "purposes": [_purpose(record, manifest, method)],
        "party_identification": [
            {"party_id": "vendor", "party_role": "PII controller", "party_name": manifest.vendor},
            {"party_id": "portway", "party_role": "PII processor", "party_url": issuer},
        ],
        "events": [_event("given", record.given_at, keys.pseudonym(record.given_by))],
        "portway": {
            "issuer": issuer,
            "server_id": record.server_id,
            "site_id": record.site_id,
            "offered_scopes": sorted(record.terms.scopes),
            "terms_digest": record.terms.digest,
            "expires_at": record.expires_at and format_instant(record.expires_at),
        },
    }
    return _sign(receipt, keys)


def sign_withdrawal(receipt: str, *, withdrawn_by: str, withdrawn_at: datetime, keys: Keys) -> str:
    """Return a receipt of ours with the withdrawal added to its events."""
    said = read_receipt(receipt, keys)
    event = _event("withdrawn", withdrawn_at, keys.pseudonym(withdrawn_by))
    return _sign({**said, "events": [*said["events"], event]}, keys)


def read_receipt(receipt: str, keys: Keys) -> dict[str, Any]:
    """Return what a receipt says; `jwt.InvalidTokenError` when it is not ours."""
    public_key = keys.issuer.private_key.public_key()
    said: dict[str, Any] = orjson.loads(PyJWS().decode(receipt, public_key, algorithms=["EdDSA"]))
    return said


def _purpose(record: ConsentRecord, manifest: Manifest, method: str) -> dict[str, Any]:
    reasons = {declared.scope: declared.reason for declared in manifest.scopes}
    return {
        "purpose": f"Move the data of {manifest.name} from the server to the cloud site",
        "services": [{"app_key": manifest.app_key, "app_version": manifest.version}],
        "lawful_basis": "consent",
        "pii_controllers": ["vendor"],
        "pii_information": [
            {
                "pii_type": scope,
                "pii_description": SCOPE_TEXTS[scope].title,
                "reason": reasons[scope],
            }
            for scope in sorted(record.scopes)
        ],
        "policies": [
            {
                "kind": policy.kind,
                "url": policy.url,
                "version": policy.version,
                "digest": text_digest(policy.text),
            }
            for policy in manifest.policies
        ],
        "collection_method": method,
        "withdrawal_method": "the assistant, or POST /admin/v1/consents/{record_id}/withdrawal",
    }


def _event(state: str, at: datetime, entity_id: str) -> dict[str, str]:
    return {
        "event_type": "explicit",
        "event_state": state,
        "event_time": format_instant(at),
        "entity_id": entity_id,
    }


def _sign(receipt: Mapping[str, Any], keys: Keys) -> str:
    payload = orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS)
    headers = {"kid": keys.issuer.kid, "typ": TYPE}
    return PyJWS().encode(payload, keys.issuer.private_key, algorithm="EdDSA", headers=headers)
