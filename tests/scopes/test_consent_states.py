"""What an admin is told about an app (F080-F086)."""

import pytest

from portway_scopes import (
    SCOPE_TEXTS,
    STATE_TEXTS,
    AccessScope,
    ConsentState,
    Decision,
    MigrationPath,
    decide_consent_state,
)
from support.consents import MONDAY, a_consent, some_terms


def state_of(**changes):
    situation = {
        "path": MigrationPath.AUTOMATED,
        "decision": Decision.NEEDED_IN_CLOUD,
        "server_app_supported": True,
        "terms": some_terms(),
        "record": None,
        "now": MONDAY,
    } | changes
    return decide_consent_state(**situation)


def test_an_agreement_to_todays_terms_is_a_consent():
    assert state_of(record=a_consent()) is ConsentState.CONSENTED


def test_without_a_record_consent_is_required():
    assert state_of() is ConsentState.CONSENT_REQUIRED


def test_a_withdrawn_agreement_is_asked_for_again():
    assert state_of(record=a_consent(withdrawn_at=MONDAY)) is ConsentState.CONSENT_REQUIRED


@pytest.mark.parametrize(
    "terms",
    [
        some_terms(privacy="p2"),
        some_terms(notice="n2"),
        some_terms(app_version="2.0.0"),
        some_terms(scopes={"APP_DATA_UGC"}),
    ],
    ids=["policy", "notice", "version", "scopes"],
)
def test_a_change_of_what_was_agreed_makes_it_stale(terms):
    assert state_of(record=a_consent(), terms=terms) is ConsentState.CONSENT_STALE


def test_an_app_without_data_needs_no_agreement():
    state = state_of(path=MigrationPath.INSTALL_ONLY)
    assert state is ConsentState.NO_DATA_MIGRATION_NEEDED


def test_an_alternative_app_has_no_data_path():
    assert state_of(decision=Decision.USE_ALTERNATIVE) is ConsentState.ALTERNATIVE_CHOSEN


@pytest.mark.parametrize("path", ["MANUAL", "DISCARDED", "UNKNOWN"])
def test_a_vendor_without_an_automated_path_is_named(path):
    assert state_of(path=MigrationPath(path)) is ConsentState.NO_AUTOMATED_PATH


def test_a_server_app_below_the_range_must_be_updated_first():
    state = state_of(server_app_supported=False, record=a_consent())
    assert state is ConsentState.SERVER_APP_TOO_OLD


def test_every_scope_and_state_has_words_for_the_admin():
    assert set(SCOPE_TEXTS) == set(AccessScope)
    assert set(STATE_TEXTS) == set(ConsentState)
