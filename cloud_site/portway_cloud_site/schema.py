"""The schema of the cloud site: every table, and bringing a database to the newest version."""

from portway_cloud_site.attachments import tables as _attachments
from portway_cloud_site.bulk import tables as _bulk
from portway_cloud_site.comments import tables as _comments
from portway_cloud_site.content import tables as _content
from portway_cloud_site.groups import tables as _groups
from portway_cloud_site.history import tables as _history
from portway_cloud_site.labels import tables as _labels
from portway_cloud_site.marks import tables as _marks
from portway_cloud_site.metadata import metadata
from portway_cloud_site.people import tables as _people
from portway_cloud_site.permissions import tables as _permissions
from portway_cloud_site.sites import tables as _sites
from portway_cloud_site.spaces import tables as _spaces
from portway_cloud_site.trash import tables as _trash
from portway_service.database import Database, upgrade_schema

HEAD = "0005"
VERSION_TABLE = "wiki_schema_version"
SCRIPTS = "portway_cloud_site:schema_versions"

TABLES = metadata.tables
_FEATURES = (
    _attachments,
    _bulk,
    _comments,
    _content,
    _groups,
    _history,
    _labels,
    _marks,
    _people,
    _permissions,
    _sites,
    _spaces,
    _trash,
)


def upgrade(database: Database) -> None:
    """Bring the tables of the cloud site to the newest version; make them in an empty database."""
    upgrade_schema(database, SCRIPTS, head=HEAD, version_table=VERSION_TABLE)
