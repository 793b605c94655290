"""Access scopes, namespaces, consent and the decision over each access: pure, no I/O."""

from portway_scopes.access_scopes import (
    DATA_SCOPES,
    SCOPE_TEXTS,
    TRACING_SCOPES,
    AccessScope,
    ScopeText,
)
from portway_scopes.consent import (
    STATE_TEXTS,
    ConsentRecord,
    ConsentState,
    Decision,
    MigrationPath,
    StateText,
    Terms,
    decide_consent_state,
)
from portway_scopes.decisions import (
    DATA_ACCESSES,
    Access,
    Allowed,
    RefusalReason,
    Refused,
    Request,
    decide,
)
from portway_scopes.namespaces import find_scope_for_namespace
from portway_scopes.transfers import (
    RERUNNABLE,
    SETTLED,
    SETTLED_BY_CLOUD_APP,
    TransferStatus,
    is_settled,
    may_follow,
)

__all__ = [
    "DATA_ACCESSES",
    "DATA_SCOPES",
    "RERUNNABLE",
    "SCOPE_TEXTS",
    "SETTLED",
    "SETTLED_BY_CLOUD_APP",
    "STATE_TEXTS",
    "TRACING_SCOPES",
    "Access",
    "AccessScope",
    "Allowed",
    "ConsentRecord",
    "ConsentState",
    "Decision",
    "MigrationPath",
    "RefusalReason",
    "Refused",
    "Request",
    "ScopeText",
    "StateText",
    "Terms",
    "TransferStatus",
    "decide",
    "decide_consent_state",
    "find_scope_for_namespace",
    "is_settled",
    "may_follow",
]
