"""Puts the platform together: services, interfaces, features, one Flask app."""

from dataclasses import dataclass

import flask
import httpx

from portway_platform.about import api as about
from portway_platform.admission import (
    AdminAdmission,
    AppAdmission,
    ListenerAdmission,
    admit_anybody,
)
from portway_platform.app_data import api as app_data
from portway_platform.app_data.files import open_files
from portway_platform.assessment import api as assessment
from portway_platform.callers import AppAuthenticator
from portway_platform.catalogue import api as catalogue
from portway_platform.connect import api as connect
from portway_platform.consents import api as consents
from portway_platform.dialect import api as dialect
from portway_platform.events import api as events
from portway_platform.forge import api as forge
from portway_platform.forge.admission import ForgeAdmission
from portway_platform.forge.callers import FORGE_PATH
from portway_platform.installations import api as installations
from portway_platform.jira import api as jira
from portway_platform.keys import api as keys_api
from portway_platform.keys.store import open_keys
from portway_platform.ledger import api as ledger
from portway_platform.ledger.service import Ledger
from portway_platform.listeners import api as listeners
from portway_platform.migrations import api as migrations
from portway_platform.notices import api as notices
from portway_platform.openapi import api as openapi
from portway_platform.rate_limits.limiter import RateLimiter
from portway_platform.schema_versions import HEAD, SCRIPTS
from portway_platform.services import Interfaces, OpenClient, Services
from portway_platform.settings import PlatformSettings
from portway_platform.sites import api as sites
from portway_platform.transfers import api as transfers
from portway_platform.work.duties import open_worker
from portway_platform.work.worker import Worker
from portway_service.admin_access import AdminAccess
from portway_service.database import open_database, upgrade_schema
from portway_service.endpoints import Api, install_error_answers, refuse_unstated_access
from portway_service.outbound import outbound_client
from portway_service.vault import keep_secrets

CONNECT_PATH = "/rest/atlassian-connect/1/migration"

FEATURES = (
    about,
    keys_api,
    sites,
    dialect,
    catalogue,
    installations,
    assessment,
    consents,
    ledger,
    migrations,
    listeners,
    transfers,
    app_data,
    events,
    notices,
    connect,
    jira,
    forge,
    openapi,
)


@dataclass(frozen=True)
class Platform:
    """One platform process: the app a server runs, and what it stands on."""

    app: flask.Flask
    services: Services
    worker: Worker
    app_authenticator: AppAuthenticator
    """Recognises cloud apps for other rooms that serve the same sites."""

    def start(self) -> None:
        """Begin to work in the background: events, leases, the clocks of transfers."""
        self.services.database.share_announcements()
        self.worker.start()

    def end_waits(self) -> None:
        """Answer listeners that wait for work, now and from now on at once."""
        self.services.database.announcements.close()

    def stop(self) -> None:
        """End the background work; what is due waits in the database."""
        self.worker.stop()

    def close(self) -> None:
        """End the background work and close every connection."""
        self.worker.stop()
        self.services.database.close()


def create_app(settings: PlatformSettings, *, open_client: OpenClient | None = None) -> Platform:
    """Return a platform that is ready to serve: keys made, schema brought up to date.

    Nothing works in the background before `Platform.start`.

    Args:
        settings: What this process was started with.
        open_client: Opens clients for addresses others chose; by default guarded ones, as
            `settings.outbound` says.
    """
    services = open_services(settings, open_client=open_client)
    authenticator = AppAuthenticator(services)
    interfaces = open_interfaces(services, authenticator)
    for feature in FEATURES:
        feature.endpoints(services, interfaces)
    app = flask.Flask("portway_platform", static_folder=None)
    install_error_answers(app, ids=settings.ids)
    register(app, interfaces)
    refuse_unstated_access(app)
    return Platform(
        app=app,
        services=services,
        worker=open_worker(services),
        app_authenticator=authenticator,
    )


def open_services(settings: PlatformSettings, *, open_client: OpenClient | None = None) -> Services:
    """Open database, files and keys; bring the schema up to date."""

    def open_guarded_client(timeout_seconds: float) -> httpx.Client:
        return outbound_client(settings.outbound, timeout_seconds=timeout_seconds)

    database = open_database(settings.database_url)
    upgrade_schema(database, SCRIPTS, head=HEAD)
    keys = open_keys(settings.keys_folder, master_keys=settings.master_keys)
    keep_secrets(database.engine, keys.vault)
    return Services(
        settings=settings,
        database=database,
        keys=keys,
        files=open_files(settings.files_url),
        open_client=open_client or open_guarded_client,
        rate_limiter=RateLimiter(database, settings.clock, settings.rate_limits),
        ledger=Ledger(settings, database, keys),
    )


def open_interfaces(services: Services, authenticator: AppAuthenticator) -> Interfaces:
    """Return the platform's doors, each with the function that admits callers to it."""
    admins = AdminAccess(services.settings.admin_token, services.clock)
    return Interfaces(
        admin=Api("admin", "/admin/v1", AdminAdmission(admins).admit),
        connect=Api(
            "connect",
            f"/sites/<site_key>/wiki{CONNECT_PATH}",
            AppAdmission(services, authenticator).admit,
        ),
        gateway=Api("gateway", "/gateway/v1", ListenerAdmission(services).admit),
        forge=Api("forge", FORGE_PATH, ForgeAdmission(services).admit),
        public=Api("public", "", admit_anybody),
    )


def register(app: flask.Flask, interfaces: Interfaces) -> None:
    """Give every interface's endpoints to a Flask app."""
    for api in (
        interfaces.admin,
        interfaces.gateway,
        interfaces.forge,
        interfaces.public,
        interfaces.connect,
    ):
        api.register(app)
    # Jira sites have no /wiki in their addresses; the endpoints are the same.
    Api(
        "connect-jira",
        f"/sites/<site_key>{CONNECT_PATH}",
        interfaces.connect.admit,
        interfaces.connect.endpoints,
    ).register(app)
