"""Write a sample: an export package, and beside it the example app's own data."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portway_assistant.samples.causes import CAUSES
from portway_assistant.samples.contents import attachments, blog_posts, comments, pages
from portway_assistant.samples.damages import DAMAGES
from portway_assistant.samples.files import attachment_files
from portway_assistant.samples.markup import HEAD, TAIL
from portway_assistant.samples.notes import note_lines
from portway_assistant.samples.options import SampleFormat, SampleKind, SampleOptions
from portway_assistant.samples.package_damage import entry
from portway_assistant.samples.people import Written, accounts, user_keys
from portway_assistant.samples.planting import Planting
from portway_assistant.samples.site import Site
from portway_assistant.samples.spaces import spaces
from portway_assistant.samples.tables import TASKS_NAME, people_rows, task_rows

_CHUNK_CHARS = 512 * 1024
_COMPRESSION = 4
_VERSIONS = {
    SampleFormat.SERVER_8: ("8.5.6", "9012"),
    SampleFormat.SERVER_5: ("5.9.7", "6442"),
    SampleFormat.SERVER_3: ("3.4.7", "2037"),
}


@dataclass(frozen=True, slots=True)
class WrittenSample:
    """Where the parts of a sample lie."""

    package: Path
    notes: Path | None
    """For `python -m notes_app.server --notes`."""
    people: Path | None
    """For `portway migrate --people`; a space export needs it."""


def write_sample(package: Path, options: SampleOptions) -> WrittenSample:
    """Write a sample; what lay at its paths before is replaced once all is written.

    Raises:
        KeyError: A damage or a cause has no such name.
    """
    site = Site(options)
    planting = planting_of(site)
    partial = package.with_name(f".{package.name}.partial")
    try:
        _write_package(partial, site, planting)
        planting.finish(partial)
        partial.replace(package)
    finally:
        partial.unlink(missing_ok=True)
    notes = _write_beside(package, "notes.jsonl", note_lines(site)) if options.app_notes else None
    is_space = options.kind is SampleKind.SPACE
    people = _write_beside(package, "people.csv", people_rows(site)) if is_space else None
    return WrittenSample(package, notes, people)


def write_entities(target: Path, options: SampleOptions) -> Path:
    """Write the sample as an unpacked folder without attachment files, and return the folder."""
    site = Site(options)
    planting = planting_of(site)
    target.mkdir(parents=True, exist_ok=True)
    if descriptor := planting.descriptor(_descriptor(site)):
        (target / "exportDescriptor.properties").write_bytes(_properties(descriptor))
    with (target / "entities.xml").open("wb") as file:
        file.writelines(planting.entities(entities(site, planting)))
    return target


def planting_of(site: Site) -> Planting:
    """Return what the options say to plant."""
    names = (*sorted(site.options.damages), *sorted(site.options.causes))
    return Planting(site, [(DAMAGES | CAUSES)[name] for name in names])


def entities(site: Site, planting: Planting) -> Iterator[bytes]:
    """Yield entities.xml in pieces."""
    waiting = [HEAD]
    size = 0
    for block, number, written in _objects(site):
        waiting.append(planting.object(block, number, written))
        size += len(written)
        if size >= _CHUNK_CHARS:
            yield _encoded("".join(waiting))
            waiting, size = [], 0
    waiting += planting.objects()
    yield _encoded("".join([*waiting, TAIL]))


def _objects(site: Site) -> Iterator[Written]:
    yield from user_keys(site)
    yield from comments(site)
    yield from pages(site)
    yield from spaces(site)
    yield from blog_posts(site)
    yield from attachments(site)
    yield from accounts(site)


def _encoded(text: str) -> bytes:
    """Encode text in which halves of pairs and single bytes may have been planted."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        escaped = ("\udc80", "\udcff")
        parts = (
            c.encode(
                "utf-8", "surrogateescape" if escaped[0] <= c <= escaped[1] else "surrogatepass"
            )
            for c in text
        )
        return b"".join(parts)


def _write_package(target: Path, site: Site, planting: Planting) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as package:
        if descriptor := planting.descriptor(_descriptor(site)):
            package.writestr(
                entry("exportDescriptor.properties"),
                _properties(descriptor),
                compresslevel=_COMPRESSION,
            )
        _pack(package, "entities.xml", planting.entities(entities(site, planting)))
        if not site.options.is_old:
            _pack(package, TASKS_NAME, task_rows(site))
        for block, path, number, data in attachment_files(site):
            packed = planting.file(block, number, data)
            if packed is not None:
                package.writestr(entry(path), packed, compresslevel=_COMPRESSION)
        for path, data in planting.extra_files().items():
            package.writestr(entry(path), data, compresslevel=_COMPRESSION)


def _pack(package: zipfile.ZipFile, name: str, chunks: Iterator[bytes]) -> None:
    info = entry(name)
    info._compresslevel = _COMPRESSION  # type: ignore[attr-defined]
    with package.open(info, "w", force_zip64=True) as file:
        for chunk in chunks:
            file.write(chunk)


def _write_beside(package: Path, ending: str, chunks: Iterator[bytes]) -> Path:
    path = package.with_name(f"{package.name.removesuffix('.zip')}.{ending}")
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.writelines(chunks)
    return partial.replace(path)


def _descriptor(site: Site) -> dict[str, str]:
    version, build = _VERSIONS[site.options.format]
    facts = {
        "exportType": "space" if site.options.kind is SampleKind.SPACE else "all",
        "backupAttachments": "true",
        "buildNumber": build,
        "createdByBuildNumber": build,
        "createdByVersionNumber": version,
        "defaultUsersGroup": "confluence-users",
        "timezoneId": "Europe/Berlin",
    }
    if site.options.kind is SampleKind.SPACE:
        facts["spaceKey"] = site.space_key(0)
    if not site.options.is_old:
        facts["inlineTasksFileIncluded"] = "true"
    return facts


def _properties(facts: dict[str, str]) -> bytes:
    lines = ["#Fri Jan 02 03:04:05 CET 2026", *(f"{name}={value}" for name, value in facts.items())]
    return "\n".join([*lines, ""]).encode("latin-1")
