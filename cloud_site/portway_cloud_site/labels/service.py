"""Reading the labels on something."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from portway_cloud_site.labels.messages import Label
from portway_cloud_site.labels.tables import labellings, labels
from portway_cloud_site.paging import ListQuery, ResultPage, both_ways, read_page
from portway_cloud_site.queries import same_entity
from portway_cloud_site.sites.rules import Site

_ORDERS = {**both_ways("id", labels.c.id, int), **both_ways("name", labels.c.name, str)}


def list_labels(
    connection: Connection,
    site: Site,
    container_id: int,
    query: ListQuery,
    *,
    prefixes: Sequence[str] = (),
) -> ResultPage[Label]:
    """Return a page of the labels on something."""
    statement = (
        select(labels)
        .join(labellings, same_entity(labels, labellings.c.site_id, labellings.c.label_id))
        .where(labellings.c.site_id == site.id, labellings.c.container_id == container_id)
    )
    if prefixes:
        statement = statement.where(labels.c.prefix.in_(prefixes))
    return read_page(
        connection,
        statement,
        query,
        id_column=labels.c.id,
        orders=_ORDERS,
        as_result=lambda row: Label(id=str(row.id), name=row.name, prefix=row.prefix),
    )
