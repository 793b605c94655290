"""What the gate decides, checked against an oracle written from the reference.

Oracle sources: wire contract 1.4, 1.6, 5 and 6; assistant features F074-F077, F080-F086.
"""

from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_scopes import (
    Access,
    AccessScope,
    Allowed,
    ConsentRecord,
    RefusalReason,
    Refused,
    Request,
    Terms,
    TransferStatus,
    decide,
)
from support.consents import MONDAY, a_consent, some_terms

DATA = {
    "PRODUCT_DATA_UGC", "PRODUCT_DATA_PII", "PRODUCT_DATA_SECURITY", "PRODUCT_DATA_OTHER",
    "APP_DATA_UGC", "APP_DATA_PII", "APP_DATA_SECURITY", "APP_DATA_OTHER",
}  # fmt: skip
NAMESPACES_BY_SCOPE = {
    "MIGRATION_TRACING_IDENTITY": ["identity:user", "identity:group"],
    "MIGRATION_TRACING_PRODUCT": [
        "confluence:page", "confluence:space", "confluence:blogPost", "jira:issue",
        "jira/classic:customField", "jira/classic/software:sprint", "jira/classic:appCustomField",
    ],
}  # fmt: skip
FOREIGN_NAMESPACES = ["", "page", "identity", "identity:", "identityx:user", "bitbucket:repo",
                      "confluence", "Confluence:page", "jira:", "confluence:page\n"]  # fmt: skip
SETTLED = {"SUCCESS", "INCOMPLETE", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED"}


def oracle_allows(
    request: Request,
    terms: Terms,
    consent: ConsentRecord | None,
    transfer: TransferStatus | None,
) -> bool:
    """The reference, read afresh: is the access open?"""
    if consent is None or consent.given_at > MONDAY:
        return False
    for end in (consent.withdrawn_at, consent.expires_at, consent.superseded_at):
        if end is not None and end <= MONDAY:
            return False
    same_terms = (
        consent.terms.app_version == terms.app_version
        and set(consent.terms.scopes) == set(terms.scopes)
        and set(consent.terms.policy_digests) == set(terms.policy_digests)
        and consent.terms.notice_digest == terms.notice_digest
    )
    if not same_terms:
        return False
    if transfer is None:
        return request.access == "start a transfer"
    if transfer.value in SETTLED:
        return False
    usable = {scope.value for scope in terms.scopes & consent.scopes}
    if request.access == "read mappings":
        return any(
            request.namespace in namespaces and scope in usable
            for scope, namespaces in NAMESPACES_BY_SCOPE.items()
        )
    if request.access == "upload app data" and request.data_class is not None:
        return request.data_class in DATA and request.data_class in usable
    if request.access in {"upload app data", "list app data", "download app data"}:
        return bool(usable & DATA)
    return True


scope_sets = st.frozensets(st.sampled_from(list(AccessScope)))
instants = st.sampled_from([-2, -1, 0, 1, 2]).map(lambda hours: MONDAY + timedelta(hours=hours))
maybe_instants = st.none() | instants
terms_strategy = st.builds(
    some_terms,
    scopes=scope_sets,
    app_version=st.sampled_from(["1.0.0", "1.0.0", "1.0.0", "1.0.1"]),
    privacy=st.sampled_from(["p1", "p1", "p1", "p2"]),
    notice=st.sampled_from(["n1", "n1", "n1", "n2"]),
)
requests = st.builds(
    Request,
    access=st.sampled_from(Access),
    namespace=st.none()
    | st.sampled_from([*chain(*NAMESPACES_BY_SCOPE.values()), *FOREIGN_NAMESPACES]),
    data_class=st.none()
    | st.sampled_from([*DATA, "MIGRATION_TRACING_IDENTITY", "", "app_data_ugc", "UGC"]),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Request, Terms, ConsentRecord | None]:
    terms = draw(terms_strategy)
    shown = draw(st.just(terms) | terms_strategy)
    consent = draw(
        st.none()
        | st.builds(
            a_consent,
            terms=st.just(shown),
            scopes=st.just(shown.scopes) | scope_sets.map(lambda some: some & shown.scopes),
            given_at=instants,
            expires_at=maybe_instants,
            withdrawn_at=maybe_instants,
            superseded_at=maybe_instants,
        )
    )
    return draw(requests), terms, consent


@given(situations(), st.none() | st.sampled_from(TransferStatus))
def test_decisions_agree_with_the_reference(situation, transfer):
    request, terms, consent = situation

    decision = decide(request, terms=terms, consent=consent, transfer=transfer, now=MONDAY)

    assert isinstance(decision, Allowed) == oracle_allows(request, terms, consent, transfer)


@pytest.mark.parametrize("scope", list(AccessScope))
@pytest.mark.parametrize("access", list(Access))
def test_one_scope_alone_opens_only_its_own_accesses(scope, access):
    terms = some_terms(scopes={scope})
    consent = a_consent(terms=terms)
    for namespace in [None, *chain(*NAMESPACES_BY_SCOPE.values()), *FOREIGN_NAMESPACES]:
        request = Request(access, namespace=namespace)
        decision = decide(
            request, terms=terms, consent=consent, transfer=TransferStatus.IN_PROGRESS, now=MONDAY
        )
        expected = oracle_allows(request, terms, consent, TransferStatus.IN_PROGRESS)
        assert isinstance(decision, Allowed) == expected


def decide_mapping_read(**changes):
    """Decide whether `identity:user` may be read, all being well but for `changes`."""
    situation = {
        "terms": some_terms(),
        "consent": a_consent(),
        "transfer": TransferStatus.IN_PROGRESS,
        "now": MONDAY,
    } | changes
    return decide(Request(Access.READ_MAPPINGS, namespace="identity:user"), **situation)


def test_mappings_close_the_moment_consent_is_withdrawn():
    withdrawn = a_consent(withdrawn_at=MONDAY)

    assert decide_mapping_read(consent=withdrawn) == Refused(RefusalReason.CONSENT_WITHDRAWN)
    earlier = MONDAY - timedelta(microseconds=1)
    assert decide_mapping_read(consent=withdrawn, now=earlier) == Allowed()


def test_nothing_is_open_without_a_consent_record():
    assert decide_mapping_read(consent=None) == Refused(RefusalReason.CONSENT_REQUIRED)


def test_an_app_update_closes_everything_until_the_admin_agrees_again():
    updated = some_terms(app_version="1.0.1")

    assert decide_mapping_read(terms=updated) == Refused(RefusalReason.CONSENT_STALE)
    assert decide_mapping_read(terms=updated, consent=a_consent(terms=updated)) == Allowed()


def test_a_refusal_names_the_scopes_that_would_have_opened_it():
    terms = some_terms(scopes={"APP_DATA_UGC"})

    decision = decide_mapping_read(terms=terms, consent=a_consent(terms=terms))

    missing = frozenset({AccessScope.MIGRATION_TRACING_IDENTITY})
    assert decision == Refused(RefusalReason.SCOPE_NOT_DECLARED, missing=missing)


def test_a_scope_the_admin_refused_stays_closed():
    decision = decide_mapping_read(consent=a_consent(scopes={"APP_DATA_UGC"}))

    missing = frozenset({AccessScope.MIGRATION_TRACING_IDENTITY})
    assert decision == Refused(RefusalReason.SCOPE_NOT_GRANTED, missing=missing)


@pytest.mark.parametrize("status", sorted(SETTLED))
def test_a_settled_transfer_gives_no_more_access(status):
    decision = decide_mapping_read(transfer=TransferStatus(status))

    assert decision == Refused(RefusalReason.TRANSFER_SETTLED)
