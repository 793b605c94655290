"""The tutorial and the README quote real code and real commands."""

import re
import shlex
from pathlib import Path

import click
import pytest

from notes_app import seed
from notes_app.cloud import __main__ as cloud
from notes_app.server import __main__ as server
from portway_cli.main import portway

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/tutorial/first-migration.md"
README = ROOT / "listener_example/README.md"
PARSERS = {"notes_app.seed": seed, "notes_app.cloud": cloud, "notes_app.server": server}


def blocks(document, language):
    found = re.findall(
        rf"^```{language}\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found
    return found


def quotations():
    for block in [*blocks(TUTORIAL, "python"), *blocks(TUTORIAL, "toml")]:
        place, _, code = block.partition("\n")
        path = place.removeprefix("# ")
        folder = ROOT / ("listener_example" if path.startswith("notes_app/") else "")
        for number, piece in enumerate(code.split("…\n")):
            yield pytest.param(folder / path, piece, id=f"{path} {piece.split()[0]} {number}")


def commands():
    for document in (TUTORIAL, README):
        for line in "".join(blocks(document, "sh")).splitlines():
            for words in (line, *re.findall(r"\$\((.*?)\)", line)):
                yield pytest.param(shlex.split(words), id=f"{document.name}: {words[:50]}")


@pytest.mark.parametrize(("path", "piece"), list(quotations()))
def test_a_quoted_piece_of_code_is_in_its_file(path, piece):
    assert piece in path.read_text()


@pytest.mark.parametrize("words", list(commands()))
def test_a_command_is_one_that_exists(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    match words:
        case ["portway", *arguments]:
            assert_portway_takes(arguments)
        case ["python", "-m", module, *arguments]:
            PARSERS[module]._parser().parse_args(arguments)
        case ["export", assignment, *_]:
            assert re.match(r"PORTWAY_[A-Z_]+=", assignment)
        case _:
            assert words in (["make", "test"], [".", ".venv/bin/activate"])


def assert_portway_takes(arguments):
    """Parse the arguments as the command does: unknown options and wrong values raise."""
    command = portway
    while isinstance(command, click.Group):
        name, *arguments = arguments
        command = command.get_command(click.Context(command), name)
        assert command is not None, f"portway has no command {name}"
    command.make_context(name, arguments)


@pytest.mark.parametrize("document", [TUTORIAL, README], ids=lambda path: path.name)
def test_a_link_leads_somewhere(document):
    for target in re.findall(r"\]\((?!http)(.*?)\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_tutorial_promises_the_numbers_the_seed_makes():
    command = re.search(r"^python -m notes_app.seed (.*)$", TUTORIAL.read_text(), re.MULTILINE)
    options = seed._parser().parse_args(shlex.split(command[1]))
    made = seed.make_notes(options.pages, options.authors, count=options.notes, seed=options.seed)
    left = sum(note.page_id == "777" for note, _ in made)

    promised = f"Notes imported: {25 - left}; left on the server until their page moves: {left}"
    assert promised in TUTORIAL.read_text()
