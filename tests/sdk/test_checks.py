"""Vendor checks: their limits, their time, and what becomes of their mistakes."""

import time

import pytest

from portway_sdk import CheckResult, ConfigurationError, Listener, ListenerError
from portway_sdk._checks import VendorCheck
from portway_sdk.wire import CheckContext, CheckSpec

CONTEXT = CheckContext(site_key="acme", cloud_url="https://acme.test")


def a_listener():
    return Listener(server_app_key="a", cloud_app_key="b", version="1", scopes=[])


def a_check(function, **changes):
    spec = CheckSpec(check_id="c", title="t", steps_to_resolve={"delete": "Delete {count}"})
    return VendorCheck(spec, function, **changes)


@pytest.mark.parametrize("result", [CheckResult.ok(), CheckResult.found("delete")])
def test_a_check_gives_its_result(result):
    assert a_check(lambda _context: result).run(CONTEXT) == result


def test_a_check_that_raises_has_failed():
    def look(_context):
        raise ValueError("Jane Doe")

    failure = a_check(look).run(CONTEXT)

    assert isinstance(failure, ListenerError)
    assert failure.exception_type == "ValueError"
    assert "look" in failure.safe_stack_trace
    assert "Jane" not in failure.safe_stack_trace


def test_a_check_that_takes_too_long_is_left_behind_with_the_place_it_was_at():
    def look(_context):
        time.sleep(0.5)
        return CheckResult.ok()

    began = time.monotonic()
    failure = a_check(look, time_limit_seconds=0.05).run(CONTEXT)

    assert time.monotonic() - began < 0.4
    assert failure.exception_type == "CheckTimedOut"
    assert "look" in failure.safe_stack_trace


@pytest.mark.parametrize("result", [None, True, "passed"])
def test_a_check_must_return_a_result(result):
    failure = a_check(lambda _context: result).run(CONTEXT)

    assert failure.exception_type == "portway_sdk._errors.ConfigurationError"


def test_a_result_may_name_only_steps_the_check_has():
    failure = a_check(lambda _context: CheckResult.found("repair")).run(CONTEXT)

    assert failure.exception_type == "portway_sdk._errors.ConfigurationError"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"check_id": ""}, "needs an id"),
        ({"title": "x" * 61}, "61 characters"),
        ({"steps_to_resolve": {"a": "x" * 1051}}, "1051 characters"),
    ],
)
def test_a_check_beyond_the_limits_is_told_when_declared(changes, problem):
    check = {"check_id": "c", "title": "t"} | changes

    with pytest.raises(ConfigurationError, match=problem):
        a_listener().vendor_check(check.pop("check_id"), **check)


def test_the_limits_themselves_are_allowed():
    a_listener().vendor_check("c", title="x" * 60, steps_to_resolve={"a": "x" * 1050})(print)


def test_an_app_has_three_checks_at_most_and_each_id_once():
    listener = a_listener()
    for number in range(3):
        listener.vendor_check(f"check-{number}", title="t")(print)

    with pytest.raises(ConfigurationError, match="3 vendor checks"):
        listener.vendor_check("check-3", title="t")
    with pytest.raises(ConfigurationError, match="check-0 already"):
        listener.vendor_check("check-0", title="t")


def test_a_foreign_spec_beyond_the_limits_is_cut_not_dropped():
    spec = CheckSpec(check_id="c", title="x" * 70, steps_to_resolve={"a": "x" * 2000, "b": "y"})

    cut = spec.cut_to_limits()

    assert len(spec.violations()) == 2
    assert cut.violations() == ()
    assert (len(cut.title), len(cut.steps_to_resolve["a"])) == (60, 1050)
    assert cut.steps_to_resolve["b"] == "y"


def test_what_was_found_travels_as_text():
    result = CheckResult.found(
        "delete", values={"count": 2}, headers=["page", "notes"], rows=[["A", 1], ("B", 2)]
    )

    assert result.to_wire() == {
        "passed": False,
        "stepsToResolve": "delete",
        "values": {"count": "2"},
        "affected": {"headers": ["page", "notes"], "rows": [["A", "1"], ["B", "2"]]},
    }
