"""The addresses of a site and of what it holds.

Links inside a site are written as Confluence Cloud writes them: relative to the site's base.
"""

from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlsplit

from portway_cloud_site.content.tables import BLOG_POST

STYLE_SHEET = "/sites/-/site.css"


@dataclass(frozen=True)
class Addresses:
    """Turns what a site holds into addresses. `public_url` has no trailing slash."""

    public_url: str

    def base(self, site_key: str) -> str:
        """Return a site's base URL."""
        return f"{self.public_url}/sites/{site_key}/wiki"

    def path(self, site_key: str) -> str:
        """Return the path of a site's base URL."""
        return f"{self.prefix}/sites/{site_key}/wiki"

    @property
    def prefix(self) -> str:
        """The path of the public URL: empty unless a proxy serves it below one."""
        return urlsplit(self.public_url).path.rstrip("/")


def space_link(space_key: str) -> str:
    """Return the link to a space."""
    return f"/spaces/{quote(space_key, safe='~')}"


def content_link(space_key: str, kind: str, content_id: int, title: str) -> str:
    """Return the link to a page or blog post."""
    place = "blog" if kind == BLOG_POST else "pages"
    slug = quote_plus(title[:80], safe="")
    return f"{space_link(space_key)}/{place}/{content_id}/{slug}"


def tiny_link(content_id: int) -> str:
    """Return the short link to a page or blog post."""
    from portway_cloud_site.content.rules import tiny_code

    return f"/x/{tiny_code(content_id)}"


def download_link(container_id: int, attachment_id: int, title: str, version: int) -> str:
    """Return the link to an attachment's bytes; `id` tells files of the same name apart."""
    name = quote(title, safe="")
    return f"/download/attachments/{container_id}/{name}?version={version}&id=att{attachment_id}"
