"""A site as the bulk door makes and shows it."""

from pydantic import Field

from portway_cloud_site.messages import Message


class SiteRequest(Message):
    """A site to make."""

    name: str = Field(min_length=1, max_length=255)


class SiteAnswer(Message):
    """A site that is there."""

    site: str
    name: str
    base_url: str
