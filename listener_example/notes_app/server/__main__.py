"""`python -m notes_app.server`: the server side of Page notes, connected to Portway.

It opens no port: every connection goes out to the platform.
"""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from notes_app.exchange import FormatError
from notes_app.server.export import NOTES_PER_PART
from notes_app.server.listener import ServerApp, make_listener
from notes_app.server.note_files import read_notes
from notes_app.server.notes import NoteStore
from portway_sdk import APIError, ConfigurationError, ListenerSettings


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    # One line for each HTTP request is more than anybody wants to read.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    store = NoteStore(options.data / "notes.db")
    try:
        if options.notes is not None:
            store.put(read_notes(options.notes))
        settings = ListenerSettings.from_env(_settings_environ(options, environ))
        app = ServerApp(store, notes_per_part=options.notes_per_part)
        make_listener(app).run(settings, once=options.once)
    except (ConfigurationError, FormatError, OSError) as problem:
        print(f"notes_app.server: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    except APIError as refusal:
        print(f"notes_app.server: {refusal}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _settings_environ(options: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the options in it: an option wins over its variable."""
    given = {
        "PORTWAY_PLATFORM_URL": options.platform,
        "PORTWAY_KEY_FILE": options.key_file,
        "PORTWAY_ENROLMENT_TOKEN": options.enrolment_token,
    }
    default = {"PORTWAY_KEY_FILE": str(options.data / "listener-key.pem")}
    return {**default, **environ, **{name: value for name, value in given.items() if value}}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notes_app.server",
        description="Run the server side of Page notes until SIGINT or SIGTERM."
        " Exits 0 when stopped, 1 when Portway refuses it, 2 when a setting is wrong.",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="Where the notes and the key lie.")
    add("--platform", metavar="URL", help="Portway's address. [env: PORTWAY_PLATFORM_URL]")
    add(
        "--key-file",
        metavar="FILE",
        help="The listener's private key. [env: PORTWAY_KEY_FILE; default: DIR/listener-key.pem]",
    )
    add(
        "--enrolment-token",
        metavar="TOKEN",
        help="Needed for the first start only; others can see a command line, so prefer the"
        " variable. [env: PORTWAY_ENROLMENT_TOKEN]",
    )
    add(
        "--notes",
        type=Path,
        metavar="FILE.jsonl",
        help="Take in these notes first; see README.md for the format.",
    )
    add(
        "--notes-per-part",
        type=_positive,
        default=NOTES_PER_PART,
        metavar="COUNT",
        help="Notes in one upload. [default: %(default)s]",
    )
    add("--once", action="store_true", help="Stop after one wait for work, and the work it brings.")
    return parser


def _positive(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return count


if __name__ == "__main__":
    sys.exit(main())
