"""The conduit between a vendor's server app and its cloud app, with consent enforced."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portway_platform.app import Platform, create_app
    from portway_platform.settings import PlatformSettings

__all__ = ["Platform", "PlatformSettings", "create_app"]


def __getattr__(name: str) -> Any:
    """Load the platform when it is asked for: who only explains an error code starts faster."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from portway_platform import app

    return getattr(app, name)
