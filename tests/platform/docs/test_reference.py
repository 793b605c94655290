"""The reference says what the platform does."""

import re
from pathlib import Path

from portway_platform import error_codes
from portway_scopes import RefusalReason
from portway_service.error_codes import UNAUTHENTICATED
from portway_service.errors import ErrorCode

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
CALL = re.compile(r"`(GET|PUT|POST|DELETE|PATCH) ([^`?]+?)(?:\?[^`]*)?`")


def calls_in(page):
    """Every call a page names, with the names of path arguments left out."""
    found = CALL.findall((REFERENCE / page).read_text())
    return {(method, re.sub(r"\{[^}]+\}", "{}", path)) for method, path in found}


def test_the_admin_reference_names_every_call_and_no_other(running):
    served = {
        (method, re.sub(r"<[^>]+>", "{}", str(rule)).removeprefix("/admin/v1/"))
        for rule in running.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if str(rule).startswith(("/admin/v1/", "/keys/", "/.well-known/", "/healthz"))
    }

    assert calls_in("admin-api.md") == served


def test_every_code_of_the_platform_is_listed_once():
    defined = {code for code in vars(error_codes).values() if isinstance(code, ErrorCode)}
    names = [code.code for code in error_codes.CODES]

    assert defined | set(error_codes.REFUSALS.values()) == set(error_codes.CODES)
    assert len(names) == len(set(names))


def test_every_reason_of_the_gate_has_its_answer():
    assert set(error_codes.REFUSALS) == set(RefusalReason)
    assert all(error.code == reason for reason, error in error_codes.REFUSALS.items())


def test_a_refusal_says_in_sentences_what_was_wrong_and_what_cures_it():
    for error in error_codes.CODES:
        for text in (error.message, error.cause, error.fix):
            # A fact may end a message with its own sentence.
            assert text.endswith((".", "}")), text
            assert "{" not in error.cause


def test_codes_named_in_the_reference_exist():
    known = {code.code: code.status for code in (*error_codes.CODES, UNAUTHENTICATED)}

    for page in ("admin-api.md", "consent-receipt.md", "app-manifest.md"):
        text = (REFERENCE / page).read_text()
        for status, code in re.findall(r"\b([45]\d\d) `([a-z_]+)`", text):
            assert known.get(code) == int(status), f"{page}: {status} {code}"
