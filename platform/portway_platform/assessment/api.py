"""The assessment over the admin API, as JSON and as a sheet."""

import flask

from portway_platform import error_codes
from portway_platform.admission import AdminMay
from portway_platform.assessment import service
from portway_platform.assessment.messages import (
    Assessment,
    DecisionsInput,
    InstalledApps,
    PlaceQuery,
    SheetQuery,
)
from portway_platform.assessment.service import AppDecision
from portway_platform.assessment.sheet import MAX_BYTES, read_sheet, write_sheet
from portway_platform.services import Interfaces, Services
from portway_service.endpoints import Call, Media
from portway_service.errors import Refusal

SEE = AdminMay("see the assessment")
DECIDE = AdminMay("decide about apps")
CSV = "text/csv"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    def assess(server_key: str, site_key: str) -> Assessment:
        with services.database.read() as connection:
            return service.assess(connection, services, server_key, site_key)

    @admin.endpoint(
        "PUT",
        "/servers/<server_key>/installed-apps",
        access=AdminMay("list what a server has installed"),
        body=InstalledApps,
    )
    def put_installed_apps(call: Call) -> None:
        service.put_installed_apps(services, call.path["server_key"], call.body.apps)

    @admin.endpoint("GET", "/assessment", access=SEE, query=PlaceQuery)
    def get_assessment(call: Call) -> Assessment:
        return assess(call.query.server, call.query.site)

    @admin.endpoint("PUT", "/assessment/decisions", access=DECIDE, body=DecisionsInput)
    def put_decisions(call: Call) -> Assessment:
        given = call.body
        service.decide(
            services,
            given.server_key,
            given.site_key,
            [
                AppDecision(each.server_app_key, each.decision, each.alternative)
                for each in given.decisions
            ],
            decided_by=given.decided_by,
        )
        return assess(given.server_key, given.site_key)

    @admin.endpoint(
        "GET", "/assessment/sheet", access=SEE, query=PlaceQuery, answers={200: Media("text/csv")}
    )
    def get_sheet(call: Call) -> flask.Response:
        found = assess(call.query.server, call.query.site)
        sheet = write_sheet(
            (
                app.server_app_key,
                app.name,
                app.installed_version,
                app.cloud_app_key,
                app.path_words,
                app.decision_words,
                app.alternative,
            )
            for app in found.apps
        )
        headers = {"Content-Disposition": 'attachment; filename="assessment.csv"'}
        return flask.Response(sheet, mimetype=CSV, headers=headers)

    @admin.endpoint(
        "PUT", "/assessment/sheet", access=DECIDE, query=SheetQuery, raw_body="text/csv"
    )
    def put_sheet(call: Call) -> Assessment:
        lines, faults = read_sheet(call.request.stream.read(MAX_BYTES + 1))
        if faults:
            raise Refusal(
                error_codes.SHEET_INVALID,
                count=len(faults),
                first=faults[0].problem,
                details=[{"row": fault.line, "problem": fault.problem} for fault in faults],
            )
        wanted = call.query
        service.decide(
            services,
            wanted.server,
            wanted.site,
            [AppDecision(each.server_app_key, each.decision, each.alternative) for each in lines],
            decided_by=wanted.by,
        )
        return assess(wanted.server, wanted.site)
