"""Showing a body: as HTML to look at, or in the representations the product REST knows."""

from dataclasses import dataclass
from html import escape

from markupsafe import Markup
from sqlalchemy import Connection

from portway_cloud_site.content.rules import storage_value
from portway_cloud_site.messages import Body, BodyValue
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.rendering.parsing import parse_storage
from portway_cloud_site.rendering.references import References
from portway_cloud_site.rendering.resolver import SiteReferences
from portway_cloud_site.rendering.sanitising import sanitise
from portway_cloud_site.rendering.storage import convert
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site


@dataclass(frozen=True)
class RenderedBody:
    """A body as HTML that is safe to put into a page.

    Attributes:
        is_exact: False when the markup was damaged, and this is what could be made of it.
    """

    html: Markup
    is_exact: bool = True


def render_body(
    body: str, representation: str, references: References, *, anchors: str = ""
) -> RenderedBody:
    """Return a body as safe HTML; wiki markup, and what cannot be read at all, as text.

    Args:
        anchors: Tells the ids of this body apart from those of others on the same page.
    """
    if representation != "storage":
        return RenderedBody(Markup(f'<pre class="wiki">{escape(body)}</pre>'))  # noqa: S704
    parsed = parse_storage(body)
    if parsed is None:
        return RenderedBody(Markup(f"<pre>{escape(body)}</pre>"), is_exact=False)  # noqa: S704
    html = sanitise(convert(parsed.root, references, anchors=anchors))
    return RenderedBody(Markup(html), parsed.is_exact)  # noqa: S704 - sanitised the line before


def content_references(
    services: Services, connection: Connection, site: Site, row: AnyRow
) -> SiteReferences:
    """Return what the body of a page or blog post can refer to."""
    return SiteReferences(
        connection,
        site,
        base_path=services.addresses.path(site.key),
        space_id=row.space_id,
        container_ids=(row.id,),
    )


def content_body(
    services: Services, connection: Connection, site: Site, row: AnyRow, body_format: str | None
) -> Body:
    """Return the body of a page or blog post in the representation asked for."""
    if body_format == "storage":
        value = storage_value(row.representation, row.body)
        return Body(storage=BodyValue(representation="storage", value=value))
    if body_format == "view":
        references = content_references(services, connection, site, row)
        html = render_body(row.body, row.representation, references).html
        return Body(view=BodyValue(representation="view", value=str(html)))
    return Body()
