"""What vendors may rely on is listed, exposed and documented, and nothing else."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import portway_sdk
from portway_sdk import APIError, PortwayError, _errors

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "sdk.md"
PUBLIC_MODULES = ("flask", "http", "testing", "tokens", "wire")


def section(title):
    """Return the text of one section of the reference."""
    text = REFERENCE.read_text()
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)[1]


def test_the_package_exposes_exactly_what_it_lists():
    exposed = {
        name
        for name, value in vars(portway_sdk).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }

    assert exposed == set(portway_sdk.__all__)
    assert list(portway_sdk.__all__) == sorted(portway_sdk.__all__)


def test_the_reference_lists_exactly_what_the_package_exposes():
    listed = re.search(r"```text\n(.*?)```", section("All names"), re.DOTALL)[1].split()

    assert sorted(listed) == sorted(portway_sdk.__all__)


def test_every_public_module_is_named_in_the_reference():
    files = {file.stem for file in Path(portway_sdk.__file__).parent.glob("[a-z]*.py")}

    assert files == set(PUBLIC_MODULES)
    for name in PUBLIC_MODULES:
        assert f"`portway_sdk.{name}`" in REFERENCE.read_text()


@pytest.mark.parametrize("module", ["tokens", "http"])
def test_the_facades_list_what_they_expose(module):
    facade = importlib.import_module(f"portway_sdk.{module}")
    exposed = {name for name in vars(facade) if not name.startswith("_")}

    assert exposed == set(facade.__all__)


@pytest.mark.parametrize("module", ["tokens", "http"])
def test_every_function_of_a_facade_is_in_the_reference(module):
    facade = importlib.import_module(f"portway_sdk.{module}")
    functions = {name for name in facade.__all__ if inspect.isfunction(getattr(facade, name))}

    text = REFERENCE.read_text()
    assert {name for name in functions if f"`{name}(" not in text} == set()


def test_every_public_name_is_documented():
    undocumented = [
        name for name in portway_sdk.__all__ if not inspect.getdoc(getattr(portway_sdk, name))
    ]

    assert undocumented == []


def test_the_error_tree_is_drawn_as_it_is():
    def drawn(kind, depth=0):
        yield depth, kind.__name__
        for below in kind.__subclasses__():
            yield from drawn(below, depth + 1)

    kinds = set(drawn(PortwayError))
    for text in (section("Errors"), _errors.__doc__):
        lines = [line for line in text.splitlines() if re.search(r"\w+Error ", line)]
        found = set()
        for line in lines:
            match = re.match(r"\s*((?:│   )*)(?:[├└]── )?(\w+Error) ", line)
            if match:
                nested = "──" in line
                found.add((len(match[1]) // 4 + nested, match[2]))
        assert kinds <= found


@pytest.mark.parametrize("kind", [k for k in vars(_errors).values() if inspect.isclass(k)])
def test_every_error_is_a_portway_error(kind):
    if issubclass(kind, Exception):
        assert issubclass(kind, PortwayError)
        assert kind.__name__ in portway_sdk.__all__
    assert APIError.__mro__[1] is PortwayError


def test_the_base_install_is_enough():
    """Importing what may be absent is made to fail, as on a machine without it."""
    script = """
import sys
sys.modules.update(dict.fromkeys(["flask", "sqlalchemy", "click", "orjson", "lxml"]))
import portway_sdk, portway_sdk.http, portway_sdk.testing, portway_sdk.tokens, portway_sdk.wire
"""
    environ = {"PYTHONPATH": ":".join(sys.path)}

    assert subprocess.run([sys.executable, "-c", script], env=environ, check=False).returncode == 0
