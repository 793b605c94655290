"""Cards and consent records as the admin API shows them. Source: docs/reference/admin-api.md"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, PlainSerializer

from portway_platform.messages import Input, Line, Output
from portway_scopes import AccessScope, ConsentState

# In one order in every process: an idempotency key compares what was sent by its JSON.
Scopes = Annotated[frozenset[AccessScope], PlainSerializer(sorted, return_type=list[str])]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CardQuery(Input):
    """Whose card, for which server and site."""

    app: str
    server: str
    site: str


class RecordsQuery(Input):
    """Which records to list; what is left out does not matter."""

    app: str | None = None
    server: str | None = None
    site: str | None = None


class ConsentInput(Input):
    """An agreement: exactly what was shown, and which of the offered scopes are granted."""

    app_key: str
    server_key: str
    site_key: str
    app_version: str
    scopes: Scopes
    policy_digests: dict[str, Digest]
    notice_digest: Digest
    given_by: Line
    method: Annotated[str, Field(min_length=1, max_length=40)]
    expires_at: AwareDatetime | None = None


class WithdrawalInput(Input):
    """Who takes an agreement back."""

    withdrawn_by: Line


class CardScope(Output):
    """A scope the admin is asked for: in our words, and why, in the vendor's."""

    scope: AccessScope
    title: str
    explanation: str
    reason: str


class CardPolicy(Output):
    """A document the admin agrees to."""

    kind: Literal["privacy", "terms"]
    url: str
    version: str
    digest: str


class Notice(Output):
    """The text above the list of scopes."""

    text: str
    digest: str


class Card(Output):
    """What an admin reads before deciding."""

    app_key: str
    app_name: str
    vendor: str
    app_version: str
    scopes: tuple[CardScope, ...]
    policies: tuple[CardPolicy, ...]
    notice: Notice


class RecordOutput(Output):
    """A consent record."""

    record_id: str
    app_key: str
    server_key: str
    site_key: str
    app_version: str
    offered_scopes: tuple[AccessScope, ...]
    scopes: tuple[AccessScope, ...]
    policy_digests: dict[str, str]
    notice_digest: str
    given_by: str
    method: str
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    superseded_at: datetime | None
    stands: bool


class CardOutput(Output):
    """Where an app stands on its way to an agreement, and what there is to agree to."""

    state: ConsentState
    message: str
    next_step: str
    card: Card
    record: RecordOutput | None
