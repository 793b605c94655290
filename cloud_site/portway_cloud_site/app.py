"""The Flask app of the cloud site."""

from collections.abc import Mapping
from typing import Any

import flask

import portway_cloud_site.attachments.api
import portway_cloud_site.attachments.uploading
import portway_cloud_site.bulk.api
import portway_cloud_site.comments.api
import portway_cloud_site.content.api
import portway_cloud_site.content.blog_writing
import portway_cloud_site.groups.api
import portway_cloud_site.history.api
import portway_cloud_site.inventory.api
import portway_cloud_site.labels.api
import portway_cloud_site.labels.writing
import portway_cloud_site.marks.api
import portway_cloud_site.marks.property_writing
import portway_cloud_site.people.api
import portway_cloud_site.permissions.api
import portway_cloud_site.search.api
import portway_cloud_site.sites.api
import portway_cloud_site.spaces.api
import portway_cloud_site.spaces.trash_api
import portway_cloud_site.trash.api
from portway_cloud_site import schema
from portway_cloud_site.access import Gatekeeper, SiteAccess
from portway_cloud_site.addresses import Addresses
from portway_cloud_site.attachments.api import FileNameConverter
from portway_cloud_site.attachments.files import FileStore
from portway_cloud_site.pages.views import add_pages
from portway_cloud_site.permissions.viewing import AS_ACCOUNT, viewer_of
from portway_cloud_site.services import Interfaces, Services, Visit
from portway_cloud_site.settings import CloudSiteSettings
from portway_cloud_site.sites.service import get_site
from portway_service.database import open_database
from portway_service.endpoints import Api, install_error_answers, refuse_unstated_access

_WIKI = "/sites/<site_key>/wiki"
_FEATURES = (
    portway_cloud_site.sites.api,
    portway_cloud_site.people.api,
    portway_cloud_site.spaces.api,
    portway_cloud_site.spaces.trash_api,
    portway_cloud_site.content.api,
    portway_cloud_site.content.blog_writing,
    portway_cloud_site.comments.api,
    portway_cloud_site.attachments.api,
    portway_cloud_site.attachments.uploading,
    portway_cloud_site.labels.api,
    portway_cloud_site.labels.writing,
    portway_cloud_site.search.api,
    portway_cloud_site.history.api,
    portway_cloud_site.marks.api,
    portway_cloud_site.marks.property_writing,
    portway_cloud_site.permissions.api,
    portway_cloud_site.bulk.api,
    portway_cloud_site.inventory.api,
    portway_cloud_site.trash.api,
    portway_cloud_site.groups.api,
)


def create_app(settings: CloudSiteSettings) -> flask.Flask:
    """Return the app that serves every site of `settings.database`, whose schema it upgrades."""
    database = settings.database
    if isinstance(database, str):
        database = open_database(database)
    schema.upgrade(database)
    services = Services(
        settings=settings,
        database=database,
        files=FileStore(settings.files_folder),
        addresses=Addresses(settings.public_url.rstrip("/")),
        gatekeeper=Gatekeeper(settings.admin, settings.app_authenticator),
    )
    app = flask.Flask(__name__, static_folder=None, template_folder="pages/templates")
    app.extensions["portway_cloud_site"] = services
    app.url_map.converters["file_name"] = FileNameConverter
    install_error_answers(app, ids=settings.ids)
    interfaces = _make_interfaces(services)
    for feature in _FEATURES:
        feature.add_endpoints(services, interfaces)
    for api in (
        interfaces.product,
        interfaces.classic,
        interfaces.bulk,
        interfaces.founding,
        interfaces.downloads,
    ):
        api.register(app)
    add_pages(app, services)
    refuse_unstated_access(app)
    return app


def _make_interfaces(services: Services) -> Interfaces:
    def admit(
        request: flask.Request, access: SiteAccess, path: Mapping[str, str], query: Any
    ) -> Visit:
        caller = services.gatekeeper.admit(request, access, path["site_key"])
        site = get_site(services.database, path["site_key"])
        as_account = request.args.get(AS_ACCOUNT)
        return Visit(site, caller, viewer_of(services.database, site, caller, as_account))

    def admit_founder(
        request: flask.Request, access: SiteAccess, path: Mapping[str, str], query: Any
    ) -> Any:
        return services.gatekeeper.admit(request, access, path["site_key"])

    return Interfaces(
        product=Api("product", f"{_WIKI}/api/v2", admit),
        classic=Api("classic", f"{_WIKI}/rest/api", admit),
        bulk=Api("bulk", f"{_WIKI}/portway/v1", admit),
        founding=Api("founding", f"{_WIKI}/portway/v1", admit_founder),
        downloads=Api("downloads", f"{_WIKI}/download", admit),
    )
