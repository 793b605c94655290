"""Sites and servers as the admin API shows them. Source: docs/reference/admin-api.md"""

from typing import Annotated

from pydantic import Field

from portway_platform.messages import Input, Line, Output
from portway_platform.sites.rules import Product, Region

SITE_KEY = r"[a-z0-9][a-z0-9-]{0,62}"
SERVER_KEY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


class SiteInput(Input):
    """What a destination site is called and runs."""

    name: Line
    product: Product = Product.CONFLUENCE
    region: Region | None = None
    """Where its data is kept; apps with a base URL of their own there are called at that."""


class SiteOutput(Output):
    """A destination site."""

    site_key: str
    site_id: str
    name: str
    product: Product
    region: Region | None
    base_url: str
    client_key: str


class ServerInput(Input):
    """What a source server is called, runs, and where people find it."""

    name: Line
    product: Product = Product.CONFLUENCE
    base_url: Annotated[str, Field(max_length=2000)] | None = None


class ServerOutput(Output):
    """A source server."""

    server_key: str
    server_id: str
    name: str
    product: Product
    base_url: str | None
