"""Descriptions of spaces: plain text, or storage format where they begin with a tag."""

from html import unescape

import nh3
from markupsafe import escape

from portway_cloud_site.rendering.references import References
from portway_cloud_site.rendering.service import RenderedBody, render_body


def plain_text(description: str) -> str:
    """Return what a description says, without its markup."""
    if not _is_markup(description):
        return description
    return " ".join(unescape(nh3.clean(description.replace("><", "> <"), tags=set())).split())


def render_description(description: str, references: References) -> RenderedBody:
    """Return a description as safe HTML."""
    if _is_markup(description):
        return render_body(description, "storage", references, anchors="about")
    return RenderedBody(escape(description))


def _is_markup(description: str) -> bool:
    return description.lstrip().startswith("<")
