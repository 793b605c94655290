"""Versions as the product REST shows them."""

from pydantic import Field

from portway_cloud_site.messages import Body, Message, WrittenInstant
from portway_cloud_site.paging import ListQuery


class Versioned(Message):
    """What the title, and the body on request, were in a version."""

    id: str
    title: str
    body: Body


class ContentVersion(Message):
    """A version of a page or blog post, older ones and the present one."""

    number: int
    message: str
    minor_edit: bool
    author_id: str | None
    created_at: WrittenInstant | None
    page: Versioned | None = None
    blogpost: Versioned | None = None


class FileVersion(Message):
    """A version of a file."""

    number: int
    message: str
    minor_edit: bool
    author_id: str | None
    created_at: WrittenInstant | None
    attachment: "VersionedFile"


class VersionedFile(Message):
    """What a file was in a version."""

    id: str
    title: str
    media_type: str
    file_id: str
    file_size: int
    download_link: str


class VersionsQuery(ListQuery):
    """What lists of versions take."""

    body_format: str | None = Field(None, pattern="^storage$")
