"""From files of the operator to a plan and its source."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portway_assistant.core.source import Source
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.people import PeopleFile, read_people
from portway_assistant.exports.work_store import open_work_store
from portway_assistant.folder import AssistantFolder
from portway_assistant.people.domains import Decision, domain_of
from portway_assistant.progress import Progress
from portway_assistant.runs.plan import Plan
from portway_assistant.runs.settings import PlanSettings
from portway_service.folding import fold

ALL_DOMAINS = "all"


@dataclass(frozen=True)
class Prepared:
    """A plan, and what it takes its items from."""

    plan: Plan
    source: Source


@contextmanager
def prepare_source(
    folder: AssistantFolder,
    export: Path,
    *,
    people: Path | None,
    space_keys: tuple[str, ...],
    server_key: str,
    site_key: str,
    name: str,
    app_keys: tuple[str, ...],
    settings: PlanSettings,
    progress: Progress,
    trusted_domains: tuple[str, ...] = (),
    pulse: Callable[[], None] = lambda: None,
    work_stores: Path | None = None,
    forgets: bool = False,
) -> Iterator[Prepared]:
    """Read an export into its work store, and make the plan.

    `trusted_domains` are trusted from now on, as are those of addresses in the people file: they
    are the operator's word. `all` stands for every domain of the people who move. A domain that
    was distrusted stays so.

    Args:
        pulse: Called all the while; it may raise to break off.
        work_stores: Where the work store goes, if not into the assistant's folder.
        forgets: Whether decisions about domains hold for this time only; nothing is written.

    Raises:
        Refusal: The export or the people file cannot be used. Nothing was sent anywhere.
    """
    table = None if people is None else read_people(people)
    package = ExportPackage.open(export)
    progress.note(f"{export.name}, {package.entities_size / 1e6:.1f} MB of entities")
    pulse()
    with open_work_store(
        package, work_stores or folder.work_stores, on_progress=lambda _read, _all: pulse()
    ) as store:
        plan = Plan(
            name=name,
            server_key=server_key,
            site_key=site_key,
            export_digest=store.export_digest,
            export_name=export.name,
            space_keys=tuple(sorted({fold(key) for key in space_keys})),
            people_digest=file_digest(people) if people else None,
            app_keys=tuple(sorted(app_keys)),
            settings=settings,
        )
        source = Source(
            store,
            space_keys=space_keys,
            people=table,
            settings=settings,
            decisions=folder.domains.by_domain(),
            pulse=pulse,
        )
        given = _given_domains(source, table, settings, trusted_domains)
        if forgets:
            undecided = dict.fromkeys(given, Decision.TRUSTED)
            source.people.decide(undecided | dict(folder.domains.by_domain()))
        elif folder.domains.trust_undecided(given, by="operator"):
            source.people.decide(folder.domains.by_domain())
        yield Prepared(plan, source)


@contextmanager
def open_source(
    folder: AssistantFolder,
    export: Path,
    *,
    people: Path | None,
    settings: PlanSettings,
    space_keys: tuple[str, ...] = (),
) -> Iterator[Source]:
    """Read an export to look at it only: no plan, and no decision is kept.

    Domains of addresses in the people file count as trusted, as they would in a run.
    """
    table = None if people is None else read_people(people)
    with open_work_store(ExportPackage.open(export), folder.work_stores) as store:
        source = Source(
            store,
            space_keys=space_keys,
            people=table,
            settings=settings,
            decisions=folder.domains.by_domain(),
        )
        given = dict.fromkeys(_given_domains(source, table, settings, ()), Decision.TRUSTED)
        source.people.decide(given | folder.domains.by_domain())
        yield source


def file_digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a small file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _given_domains(
    source: Source,
    people: PeopleFile | None,
    settings: PlanSettings,
    trusted_domains: tuple[str, ...],
) -> set[str]:
    """Return the domains the operator vouches for."""
    given = {fold(domain) for domain in trusted_domains}
    if ALL_DOMAINS in given:
        given = (given - {ALL_DOMAINS}) | set(source.people.settled.domains)
    if people is not None:
        given |= {domain_of(entry.email) for entry in people.entries if entry.email}
    if settings.generated_domain:
        given.add(fold(settings.generated_domain))
    return given
