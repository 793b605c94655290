"""The inventory's queries over likes, watches, properties and templates."""

from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.inventory.references import References
from portway_cloud_site.marks.tables import likes, properties, templates, watches
from portway_cloud_site.queries import AnySelect


def likes_query() -> AnySelect:
    """Return the query over likes."""
    keys = References()
    return keys.select(
        "like",
        likes,
        keys.key_of("container", likes.c.container_id),
        keys.key_of("user", likes.c.person_id, origins.c.author_alias),
        likes.c.created_at,
    )


def watches_query() -> AnySelect:
    """Return the query over watches."""
    keys = References()
    return keys.select(
        "watch",
        watches,
        keys.key_of("container", watches.c.container_id),
        keys.key_of("user", watches.c.person_id, origins.c.author_alias),
        watches.c.type,
    )


def properties_query() -> AnySelect:
    """Return the query over content properties."""
    keys = References()
    return keys.select(
        "property",
        properties,
        keys.key_of("container", properties.c.container_id),
        properties.c.name,
        properties.c.text,
        properties.c.number,
        properties.c.instant,
    )


def templates_query() -> AnySelect:
    """Return the query over templates."""
    keys = References()
    return keys.select(
        "template",
        templates,
        keys.key_of("space", templates.c.space_id),
        templates.c.name,
        templates.c.description,
        templates.c.body,
        templates.c.representation,
        keys.author(templates.c.author_id),
        templates.c.created_at,
        templates.c.version,
    )
