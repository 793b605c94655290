"""Signatures after Standard Webhooks 1.0, beside the token every event carries.

Each installation has a secret (`v1`, HMAC-SHA256) and a key pair (`v1a`, Ed25519). A rotation makes
new ones; for a day both sign, so that nobody has to switch at a certain moment.
Source: docs/reference/connect-api.md#signatures; https://www.standardwebhooks.com
"""

import base64
import hmac
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, or_, select, update

from portway_platform.events.tables import webhook_keys
from portway_platform.services import Services
from portway_service.database import insert_if_absent

OVERLAP = timedelta(days=1)
"""How long the former keys go on signing beside the new ones."""


@dataclass(frozen=True)
class WebhookKey:
    """What signs the events of one installation."""

    secret: bytes = field(repr=False)
    seed: bytes = field(repr=False)
    """The private half of the key pair."""

    @property
    def secret_text(self) -> str:
        """The secret as verifier libraries take it."""
        return f"whsec_{base64.b64encode(self.secret).decode()}"

    @property
    def public_text(self) -> str:
        """The public half of the key pair as verifier libraries take it."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return f"whpk_{base64.b64encode(public.public_bytes_raw()).decode()}"


def signature_headers(
    keys: Sequence[WebhookKey], message_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Return the three headers over a message; every key signs, the newest first."""
    timestamp = str(int(now.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = []
    for key in keys:
        shared = hmac.digest(key.secret, content, "sha256")
        signed = Ed25519PrivateKey.from_private_bytes(key.seed).sign(content)
        signatures.append(f"v1,{base64.b64encode(shared).decode()}")
        signatures.append(f"v1a,{base64.b64encode(signed).decode()}")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def get_keys(
    services: Services, installation_ids: Collection[str]
) -> Mapping[str, tuple[WebhookKey, ...]]:
    """Return what signs the events of each installation today; make what is absent."""
    with services.database.read() as connection:
        found = _find(connection, services, installation_ids)
    missing = set(installation_ids) - found.keys()
    if missing:
        with services.database.write() as connection:
            for installation_id in sorted(missing):
                insert_if_absent(connection, webhook_keys, _new(services, installation_id))
            found = _find(connection, services, installation_ids)
    return found


def rotate(services: Services, installation_id: str) -> tuple[WebhookKey, ...]:
    """Make new keys; return those that sign from now on, the newest first."""
    now = services.clock.now()
    get_keys(services, [installation_id])
    with services.database.write() as connection:
        connection.execute(
            update(webhook_keys)
            .where(
                webhook_keys.c.installation_id == installation_id,
                webhook_keys.c.ends_at.is_(None),
            )
            .values(ends_at=now + OVERLAP)
        )
        insert_if_absent(connection, webhook_keys, _new(services, installation_id))
        return _find(connection, services, [installation_id])[installation_id]


def _new(services: Services, installation_id: str) -> dict[str, object]:
    return {
        "id": services.ids.uuid(),
        "installation_id": installation_id,
        "secret": secrets.token_bytes(32).hex(),
        "seed": secrets.token_bytes(32).hex(),
        "made_at": services.clock.now(),
    }


def _find(
    connection: Connection, services: Services, installation_ids: Collection[str]
) -> dict[str, tuple[WebhookKey, ...]]:
    found: defaultdict[str, tuple[WebhookKey, ...]] = defaultdict(tuple)
    rows = connection.execute(
        select(webhook_keys)
        .where(
            webhook_keys.c.installation_id.in_(installation_ids),
            or_(webhook_keys.c.ends_at.is_(None), webhook_keys.c.ends_at > services.clock.now()),
        )
        .order_by(webhook_keys.c.ends_at.desc().nulls_first())
    )
    for row in rows:
        key = WebhookKey(bytes.fromhex(row.secret), bytes.fromhex(row.seed))
        found[row.installation_id] += (key,)
    return dict(found)
