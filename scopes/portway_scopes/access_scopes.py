"""The ten access scopes: what a vendor may ask for, in words an admin can decide on.

Source: wire contract, section 6; `docs/reference/access-scopes.md` is generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum


class AccessScope(StrEnum):
    """One named right to data, spelled as in the contract."""

    MIGRATION_TRACING_IDENTITY = "MIGRATION_TRACING_IDENTITY"
    MIGRATION_TRACING_PRODUCT = "MIGRATION_TRACING_PRODUCT"
    PRODUCT_DATA_UGC = "PRODUCT_DATA_UGC"
    PRODUCT_DATA_PII = "PRODUCT_DATA_PII"
    PRODUCT_DATA_SECURITY = "PRODUCT_DATA_SECURITY"
    PRODUCT_DATA_OTHER = "PRODUCT_DATA_OTHER"
    APP_DATA_UGC = "APP_DATA_UGC"
    APP_DATA_PII = "APP_DATA_PII"
    APP_DATA_SECURITY = "APP_DATA_SECURITY"
    APP_DATA_OTHER = "APP_DATA_OTHER"


TRACING_SCOPES = frozenset(
    {AccessScope.MIGRATION_TRACING_IDENTITY, AccessScope.MIGRATION_TRACING_PRODUCT}
)
DATA_SCOPES = frozenset(AccessScope) - TRACING_SCOPES


@dataclass(frozen=True)
class ScopeText:
    """What an admin reads about one scope before deciding."""

    title: str
    explanation: str
    """One or two sentences: what the vendor's apps can see or send."""


SCOPE_TEXTS: dict[AccessScope, ScopeText] = {
    AccessScope.MIGRATION_TRACING_IDENTITY: ScopeText(
        "Which cloud account belongs to which server user",
        "The app can look up, for each user and group of your server, the matching account or"
        " group in the cloud. User keys and e-mail addresses are part of that list.",
    ),
    AccessScope.MIGRATION_TRACING_PRODUCT: ScopeText(
        "Which cloud page belongs to which server page",
        "The app can look up the new number of each migrated space, page, comment and attachment."
        " It sees numbers, not the content behind them.",
    ),
    AccessScope.PRODUCT_DATA_UGC: ScopeText(
        "Content your people wrote in Confluence",
        "The app may send content from Confluence itself, such as page text, comments or"
        " attachments, to its vendor's cloud app.",
    ),
    AccessScope.PRODUCT_DATA_PII: ScopeText(
        "Personal data held by Confluence",
        "The app may send names, e-mail addresses or other details about people from Confluence"
        " to its vendor's cloud app.",
    ),
    AccessScope.PRODUCT_DATA_SECURITY: ScopeText(
        "Passwords, tokens and secrets held by Confluence",
        "The app may send passwords, tokens or other secrets from Confluence, readable or hashed,"
        " to its vendor's cloud app.",
    ),
    AccessScope.PRODUCT_DATA_OTHER: ScopeText(
        "Other data held by Confluence",
        "The app may send data from Confluence that is neither written content, nor about people,"
        " nor secret, such as settings or counts.",
    ),
    AccessScope.APP_DATA_UGC: ScopeText(
        "Content your people wrote in this app",
        "The app may send what people created with it, such as its notes, diagrams or files, to"
        " its vendor's cloud app.",
    ),
    AccessScope.APP_DATA_PII: ScopeText(
        "Personal data held by this app",
        "The app may send names, e-mail addresses or other details about people that it has"
        " stored to its vendor's cloud app.",
    ),
    AccessScope.APP_DATA_SECURITY: ScopeText(
        "Passwords, tokens and secrets held by this app",
        "The app may send passwords, tokens or other secrets that it has stored, readable or"
        " hashed, to its vendor's cloud app.",
    ),
    AccessScope.APP_DATA_OTHER: ScopeText(
        "Other data held by this app",
        "The app may send data of its own that is neither written content, nor about people, nor"
        " secret, such as its settings.",
    ),
}
