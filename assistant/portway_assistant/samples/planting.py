"""How damage and causes get into a sample: they see each object and file on its way out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from portway_assistant.samples.site import Site

Change = Callable[[Site, str], str | None]
"""Takes an object as written; gives what to write instead, or None to lose it."""
FileChange = Callable[[bytes], bytes | None]
Finish = Callable[[Path], None]
"""Does something to the finished package."""


class Spot(NamedTuple):
    """One object or file: its block, and its number there."""

    block: str
    number: int


@dataclass(frozen=True)
class Plant:
    """One thing to plant: a damage, or the cause of what a check finds."""

    name: str
    sentence: str
    """What it does, for `--list-damage` and `--list-causes`."""
    found_as: str
    """The refusal's code, the kind of note or repair, or the reason something is left out.

    Empty for what is merely coped with; for a cause what it is about.
    """
    changes: Callable[[Site], dict[Spot, Change]] = field(default=lambda _site: {})
    files: Callable[[Site], dict[Spot, FileChange]] = field(default=lambda _site: {})
    objects: Callable[[Site], Iterator[str]] = field(default=lambda _site: iter(()))
    """Objects to write after all others."""
    extra_files: Callable[[Site], dict[str, bytes]] = field(default=lambda _site: {})
    descriptor: Callable[[dict[str, str]], dict[str, str] | None] = field(default=lambda same: same)
    entities: Callable[[Iterator[bytes]], Iterator[bytes]] = field(default=lambda same: same)
    finish: Finish | None = None


class Planting:
    """All that is planted in one sample."""

    def __init__(self, site: Site, plants: list[Plant]) -> None:
        self._site = site
        self._plants = plants
        self._changes: dict[Spot, list[Change]] = {}
        self._files: dict[Spot, list[FileChange]] = {}
        for plant in plants:
            for spot, change in plant.changes(site).items():
                self._changes.setdefault(spot, []).append(change)
            for spot, file_change in plant.files(site).items():
                self._files.setdefault(spot, []).append(file_change)

    def object(self, block: str, number: int, written: str) -> str:
        """Return what to write for an object."""
        for change in self._changes.get(Spot(block, number), ()):
            changed = change(self._site, written)
            if changed is None:
                return ""
            written = changed
        return written

    def file(self, block: str, number: int, data: bytes) -> bytes | None:
        """Return what to pack for a file, or None for nothing."""
        for change in self._files.get(Spot(block, number), ()):
            changed = change(data)
            if changed is None:
                return None
            data = changed
        return data

    def objects(self) -> Iterator[str]:
        """Yield the objects to write last."""
        for plant in self._plants:
            yield from plant.objects(self._site)

    def extra_files(self) -> dict[str, bytes]:
        """Return files to pack beside the sample's own."""
        files: dict[str, bytes] = {}
        for plant in self._plants:
            files |= plant.extra_files(self._site)
        return files

    def descriptor(self, properties: dict[str, str]) -> dict[str, str] | None:
        """Return the descriptor's properties, or None to leave it out."""
        found: dict[str, str] | None = properties
        for plant in self._plants:
            found = plant.descriptor(found) if found is not None else None
        return found

    def entities(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Return the bytes of entities.xml as they go into the package."""
        for plant in self._plants:
            chunks = plant.entities(chunks)
        return chunks

    def finish(self, package: Path) -> None:
        """Do to the finished package what is to be done."""
        for plant in self._plants:
            if plant.finish is not None:
                plant.finish(package)
