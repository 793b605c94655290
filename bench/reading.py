"""One reading of an export in a process of its own: `python -m bench.reading HOW EXPORT FOLDER`.

Says how long it took and how much memory the process held at most.
"""

import json
import os
import sys
import time
from pathlib import Path
from xml.parsers import expat

from bench.processes import peak_bytes, resident_bytes
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import open_work_store

_CHUNK_BYTES = 1 << 20


def read_into_store(export: Path, folder: Path) -> None:
    """Read an export as a migration does."""
    open_work_store(ExportPackage.open(export), folder).close()


def pass_with_events(export: Path, folder: Path) -> None:
    """Let expat tell every element and text, and do nothing with it."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: None
    parser.EndElementHandler = lambda name: None
    parser.CharacterDataHandler = lambda text: None
    _feed(parser, export)


def pass_in_silence(export: Path, folder: Path) -> None:
    """Let expat look at every byte and tell nothing."""
    _feed(expat.ParserCreate(), export)


WAYS = {"store": read_into_store, "expat": pass_with_events, "silent": pass_in_silence}


def main() -> None:
    """Read once."""
    how, export, folder = sys.argv[1:]
    before = resident_bytes(os.getpid())
    began = time.perf_counter()
    WAYS[how](Path(export), Path(folder))
    seconds = time.perf_counter() - began
    found = {"seconds": seconds, "beforeBytes": before, "peakBytes": peak_bytes(os.getpid())}
    print(json.dumps(found))


def _feed(parser: expat.XMLParserType, export: Path) -> None:
    with (export / "entities.xml").open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


if __name__ == "__main__":
    main()
