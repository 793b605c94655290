"""Addresses of a site. Source: docs/reference/connect-api.md#addresses"""

from enum import StrEnum
from typing import Literal


class Product(StrEnum):
    """What a site or a server runs."""

    CONFLUENCE = "CONFLUENCE"
    JIRA = "JIRA"


Region = Literal["AU", "CA", "CH", "DE", "EU", "GB", "IN", "JP", "KR", "SG", "US"]
"""Places a site's data can be pinned to; an app may have a base URL of its own for each."""


def base_path(site_key: str, product: str) -> str:
    """Return the path of a site's base URL, below the platform's public address."""
    return f"/sites/{site_key}/wiki" if product == Product.CONFLUENCE else f"/sites/{site_key}"


def base_url(public_url: str, site_key: str, product: str) -> str:
    """Return a site's base URL, without a trailing slash."""
    return f"{public_url}{base_path(site_key, product)}"
