"""A stack trace that can be shown to anybody."""

import linecache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_sdk import ScopeNotGrantedError
from portway_sdk._errors import api_error
from portway_sdk._stack_traces import describe_failure


def failure_of(function):
    try:
        function()
    except BaseException as exc:
        return describe_failure(exc)
    raise AssertionError("it did not fail")


def test_types_and_places_are_told_from_the_outside_in():
    def outer():
        inner()

    def inner():
        raise ValueError("secret")

    lines = failure_of(outer).safe_stack_trace.splitlines()

    assert lines[0] == "ValueError"
    assert all(line.startswith("  at ") for line in lines[1:])
    functions = [line.split(" in ")[1].rpartition(".")[2] for line in lines[1:]]
    assert functions == ["failure_of", "outer", "inner"]


def test_causes_are_told_and_their_words_are_not():
    def act():
        try:
            raise KeyError("jane@example.com")
        except KeyError as exc:
            raise ValueError("Jane Doe") from exc

    failure = failure_of(act)

    assert failure.exception_type == "ValueError"
    assert "\ncaused by KeyError\n" in failure.safe_stack_trace
    assert "jane" not in failure.safe_stack_trace.lower()


def test_a_hidden_cause_stays_hidden():
    def act():
        try:
            raise KeyError
        except KeyError:
            raise ValueError from None

    assert "KeyError" not in failure_of(act).safe_stack_trace


def test_causes_in_a_circle_end():
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert describe_failure(first).safe_stack_trace == "ValueError\ncaused by KeyError"


def test_the_platforms_code_is_told():
    error = api_error(403, b'{"code": "scope_not_granted", "message": "of Jane Doe"}')

    failure = describe_failure(error)

    assert isinstance(error, ScopeNotGrantedError)
    assert failure.exception_type == "portway_sdk._errors.ScopeNotGrantedError"
    assert failure.safe_stack_trace.endswith("ScopeNotGrantedError (scope_not_granted)")


def act_in(file, module):
    """Return a failing function that stands in line 2 of a file of a module."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("def act():\n    raise ValueError\n")
    scope = {"__name__": module}
    exec(compile(file.read_text(), file, "exec"), scope)
    return scope["act"]


@pytest.mark.parametrize(
    ("file", "module", "shown"),
    [
        ("export.py", "notes_app.server.export", "notes_app/server/export.py:2"),
        ("__init__.py", "notes_app", "notes_app/__init__.py:2"),
        ("script.py", "__main__", "script.py:2"),
        ("script.py", "", "script.py:2"),
    ],
)
def test_files_are_named_as_their_packages_know_them(tmp_path, file, module, shown):
    act = act_in(tmp_path / "jane" / file, module)

    trace = failure_of(act).safe_stack_trace

    assert f"  at {shown} in act" in trace
    assert "jane" not in trace


def test_source_lines_are_not_shown():
    source = "def act():\n    raise ValueError  # jane@example.com\n"
    linecache.cache["<generated>"] = (len(source), None, source.splitlines(True), "<generated>")
    scope = {"__name__": "generated"}
    exec(compile(source, "<generated>", "exec"), scope)

    assert "jane" not in failure_of(scope["act"]).safe_stack_trace


def test_endless_recursion_is_cut_in_the_middle():
    def again(depth):
        again(depth + 1)

    failure = failure_of(lambda: again(0))

    assert failure.exception_type == "RecursionError"
    assert len(failure.safe_stack_trace.splitlines()) < 60
    assert " more" in failure.safe_stack_trace


@given(st.text(min_size=1, max_size=300))
def test_no_type_name_can_smuggle_in_markup_or_lines(name):
    kind = type("Odd", (Exception,), {})
    kind.__qualname__ = name

    failure = failure_of(lambda: (_ for _ in ()).throw(kind("x")))

    assert "\n" not in failure.exception_type
    assert not set(failure.exception_type) & set("\"'&;:$ {}")
    assert len(failure.exception_type) <= 200
