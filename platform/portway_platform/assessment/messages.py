"""The assessment as the admin API shows it. Source: docs/reference/assessment.md"""

from typing import Annotated

from pydantic import Field

from portway_platform.catalogue.messages import AppKey
from portway_platform.messages import Input, Line, Output
from portway_scopes import ConsentState, Decision, MigrationPath

MAX_APPS = 2000


class InstalledApp(Input):
    """An app of a server, as the server lists it."""

    server_app_key: AppKey
    name: Line
    version: Annotated[str, Field(min_length=1, max_length=64)]
    vendor: Line | None = None


class InstalledApps(Input):
    """Every app of a server: what is not listed is not installed."""

    apps: Annotated[tuple[InstalledApp, ...], Field(max_length=MAX_APPS)]


class PlaceQuery(Input):
    """For which server and site."""

    server: str
    site: str


class DecisionInput(Input):
    """What becomes of one app."""

    server_app_key: AppKey
    decision: Decision
    alternative: Line | None = None


class DecisionsInput(Input):
    """Decisions about some apps; the others stay as they are."""

    server_key: str
    site_key: str
    decided_by: Line
    decisions: Annotated[tuple[DecisionInput, ...], Field(min_length=1, max_length=MAX_APPS)]


class SheetQuery(Input):
    """Where a sheet's decisions count, and who made them."""

    server: str
    site: str
    by: Line


class AssessedApp(Output):
    """One installed app, with all that is known of it."""

    server_app_key: str
    name: str
    vendor: str | None
    installed_version: str
    cloud_app_key: str | None
    cloud_version: str | None
    migration_path: MigrationPath | None
    path_words: str
    feature_differences: str | None
    decision: Decision
    decision_words: str
    alternative: str | None
    installed_in_cloud: bool
    consent_state: ConsentState | None
    consent_message: str | None
    next_step: str | None
    """What to do now; None when nothing is left to do."""


class Assessment(Output):
    """Every installed app of a server, and whether the assessment for a site is done."""

    server_key: str
    site_key: str
    complete: bool
    incomplete_because: tuple[str, ...]
    apps: tuple[AssessedApp, ...]
