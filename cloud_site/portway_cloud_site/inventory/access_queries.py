"""The inventory's queries over restrictions and space permissions."""

from sqlalchemy import and_, case

from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.inventory.references import References
from portway_cloud_site.permissions.tables import (
    ANONYMOUS,
    restriction_subjects,
    restrictions,
    space_permissions,
)
from portway_cloud_site.queries import AnySelect


def restrictions_query() -> AnySelect:
    """Return the query over restrictions: a row for each subject, or one with nobody.

    A subject that is nobody here is the key it was sent with.
    """
    keys = References()
    subjects = restriction_subjects
    keys.join(
        subjects,
        and_(
            subjects.c.site_id == restrictions.c.site_id,
            subjects.c.restriction_id == restrictions.c.id,
        ),
    )
    here = keys.key_of("subject_here", subjects.c.subject_id, subjects.c.subject_key)
    unknown = subjects.c.subject_id.is_(None)
    statement = keys.select(
        "restriction",
        restrictions,
        keys.key_of("container", restrictions.c.container_id),
        restrictions.c.operation,
        subjects.c.subject_kind,
        case((unknown, subjects.c.subject_key), else_=here).label("subject"),
    )
    return statement.order_by(subjects.c.place)


def space_permissions_query() -> AnySelect:
    """Return the query over space permissions."""
    keys = References()
    is_anonymous = space_permissions.c.subject_kind == ANONYMOUS
    holder = keys.key_of("holder", space_permissions.c.subject_id, origins.c.author_alias)
    return keys.select(
        "spacePermission",
        space_permissions,
        keys.key_of("space", space_permissions.c.space_id),
        case((is_anonymous, ANONYMOUS), else_=holder).label("subject"),
        space_permissions.c.operation,
        space_permissions.c.target,
    )
