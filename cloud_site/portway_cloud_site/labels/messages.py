"""Labels as the product REST shows them."""

from portway_cloud_site.messages import Message


class Label(Message):
    """A label."""

    id: str
    name: str
    prefix: str
