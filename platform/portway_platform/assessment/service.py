"""Listing what is installed, deciding about it, and saying where all of it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from portway_platform.assessment.messages import AssessedApp, Assessment, InstalledApp
from portway_platform.assessment.rules import (
    DECISION_WORDS,
    GAP_SENTENCES,
    NOT_IN_CATALOGUE,
    PATH_WORDS,
    AppFacts,
    Gap,
    explain_incomplete,
    find_gap,
)
from portway_platform.assessment.tables import app_decisions, installed_apps
from portway_platform.catalogue.service import App, list_apps
from portway_platform.consents.service import decide_state
from portway_platform.installations.rules import IN_FORCE
from portway_platform.installations.tables import installations
from portway_platform.ledger.telling import app_decided
from portway_platform.listeners.tables import listeners
from portway_platform.services import Services
from portway_platform.sites.service import Server, Site, get_server, get_site
from portway_scopes import STATE_TEXTS, Decision
from portway_service.database import upsert
from portway_service.endpoints import invalid_fields


@dataclass(frozen=True)
class AppDecision:
    """What was decided about one app."""

    server_app_key: str
    decision: Decision
    alternative: str | None


def put_installed_apps(services: Services, server_key: str, apps: Sequence[InstalledApp]) -> None:
    """Keep what a server has installed, in place of what was kept before."""
    keys = [app.server_app_key for app in apps]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise invalid_fields(
            [{"field": "apps", "problem": f"{key} is listed twice"} for key in twice]
        )
    with services.database.write() as connection:
        server = get_server(connection, server_key)
        connection.execute(delete(installed_apps).where(installed_apps.c.server_id == server.id))
        if apps:
            rows = [{"server_id": server.id, **app.model_dump()} for app in apps]
            connection.execute(insert(installed_apps), rows)


def decide(
    services: Services,
    server_key: str,
    site_key: str,
    decisions: Iterable[AppDecision],
    *,
    decided_by: str,
) -> None:
    """Keep decisions, all or none.

    Raises:
        Refusal: `invalid_request` names every app that is not installed on the server.
    """
    decisions = list(decisions)
    with services.database.write() as connection:
        server, site = get_server(connection, server_key), get_site(connection, site_key)
        installed = {app.server_app_key for app in _installed(connection, server)}
        faults = [
            {"field": each.server_app_key, "problem": "it is not installed on this server"}
            for each in decisions
            if each.server_app_key not in installed
        ]
        if faults:
            raise invalid_fields(faults)
        before = _decisions(connection, server, site)
        for each in decisions:
            if before.get(each.server_app_key) == each:
                continue
            upsert(
                connection,
                app_decisions,
                {
                    "server_id": server.id,
                    "site_id": site.id,
                    "server_app_key": each.server_app_key,
                },
                {
                    "decision": each.decision,
                    "alternative": each.alternative,
                    "decided_by": decided_by,
                    "decided_at": services.clock.now(),
                },
            )
            services.ledger.note(
                connection,
                app_decided(each.server_app_key, server.id, site.id, each.decision, decided_by),
            )


def assess(
    connection: Connection, services: Services, server_key: str, site_key: str
) -> Assessment:
    """Return every installed app with its decision, and whether all of it is done."""
    server, site = get_server(connection, server_key), get_site(connection, site_key)
    catalogue = {app.manifest.server_app_key: app for app in list_apps(connection)}
    decisions = _decisions(connection, server, site)
    in_cloud = _installed_in_cloud(connection, site)
    apps, gaps = [], []
    for installed in _installed(connection, server):
        decided = decisions.get(installed.server_app_key)
        known = catalogue.get(installed.server_app_key)
        consent = None
        if known is not None:
            consent = decide_state(
                connection,
                services,
                known.manifest,
                server,
                site,
                decision=decided.decision if decided else Decision.NO_DECISION,
                server_app_version=installed.version,
            )
        facts = AppFacts(
            server_app_key=installed.server_app_key,
            decision=decided.decision if decided else Decision.NO_DECISION,
            alternative=decided.alternative if decided else None,
            path=known.manifest.migration_path if known else None,
            installed_in_cloud=known is not None and known.key in in_cloud,
            consent=consent,
        )
        gap = find_gap(facts)
        gaps.append(gap)
        apps.append(_assessed(installed, known, facts, gap))
    because = explain_incomplete(gaps)
    return Assessment(
        server_key=server_key,
        site_key=site_key,
        complete=not because,
        incomplete_because=tuple(because),
        apps=tuple(apps),
    )


def _installed(connection: Connection, server: Server) -> list[InstalledApp]:
    """Return the server's apps by name: those it listed, and those that enrolled a listener."""
    listed = {
        row.server_app_key: InstalledApp(
            server_app_key=row.server_app_key,
            name=row.name,
            version=row.version,
            vendor=row.vendor,
        )
        for row in connection.execute(
            select(installed_apps).where(installed_apps.c.server_id == server.id)
        )
    }
    enrolled = select(listeners.c.server_app_key, listeners.c.declaration).where(
        listeners.c.server_id == server.id
    )
    for row in connection.execute(enrolled):
        if row.server_app_key not in listed:
            listed[row.server_app_key] = InstalledApp(
                server_app_key=row.server_app_key,
                name=row.server_app_key,
                version=row.declaration["version"],
            )
    return sorted(listed.values(), key=lambda app: (app.name.casefold(), app.server_app_key))


def _decisions(connection: Connection, server: Server, site: Site) -> dict[str, AppDecision]:
    rows = connection.execute(
        select(app_decisions).where(
            app_decisions.c.server_id == server.id, app_decisions.c.site_id == site.id
        )
    )
    return {
        row.server_app_key: AppDecision(row.server_app_key, Decision(row.decision), row.alternative)
        for row in rows
    }


def _installed_in_cloud(connection: Connection, site: Site) -> set[str]:
    rows = connection.execute(
        select(installations.c.app_key).where(
            installations.c.site_id == site.id, installations.c.status.in_(IN_FORCE)
        )
    )
    return set(rows.scalars())


def _assessed(
    installed: InstalledApp, known: App | None, facts: AppFacts, gap: Gap | None
) -> AssessedApp:
    return AssessedApp(
        server_app_key=installed.server_app_key,
        name=installed.name,
        vendor=installed.vendor or (known.manifest.vendor if known else None),
        installed_version=installed.version,
        cloud_app_key=known.key if known else None,
        cloud_version=known.current_version if known else None,
        migration_path=facts.path,
        path_words=PATH_WORDS[facts.path] if facts.path else NOT_IN_CATALOGUE,
        feature_differences=known.manifest.feature_differences if known else None,
        decision=facts.decision,
        decision_words=DECISION_WORDS[facts.decision],
        alternative=facts.alternative,
        installed_in_cloud=facts.installed_in_cloud,
        consent_state=facts.consent,
        consent_message=STATE_TEXTS[facts.consent].message if facts.consent else None,
        next_step=GAP_SENTENCES[gap] if gap else None,
    )
