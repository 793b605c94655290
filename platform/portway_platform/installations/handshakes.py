"""What the lifecycle calls of one app and one site are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portway_platform.installations.descriptor import Descriptor
from portway_platform.sites.service import Site


@dataclass(frozen=True)
class Handshake:
    """An app and a site that are being joined, or parted."""

    app_key: str
    site: Site
    descriptor: Descriptor
    shared_secret: str = field(repr=False)
    former_secret: str | None = field(default=None, repr=False)
    """The secret in force, where `shared_secret` is to take its place."""


def handshake_of(
    site: Site, app_key: str, values: Mapping[Any, Any], *, former_secret: str | None = None
) -> Handshake:
    """Return what a row of `installations`, or what takes its place, says."""
    return Handshake(
        app_key=app_key,
        site=site,
        descriptor=Descriptor(values["descriptor"], values["base_url"]),
        shared_secret=values["shared_secret"],
        former_secret=former_secret,
    )
