"""Properties and likes as the product REST shows them."""

from typing import Any

from portway_cloud_site.messages import Message, Version
from portway_cloud_site.paging import ListQuery


class PropertyQuery(ListQuery):
    """What lists of properties take."""

    key: str | None = None


class Property(Message):
    """A named value."""

    id: str
    key: str
    value: Any
    version: Version


class Liker(Message):
    """Somebody who likes something."""

    account_id: str
