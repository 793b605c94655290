"""The embedded destination of a migration: a small Confluence-like site, one per key."""

from portway_cloud_site.access import AppAuthenticator, AppCaller
from portway_cloud_site.app import create_app
from portway_cloud_site.settings import CloudSiteSettings, Limits

__all__ = ["AppAuthenticator", "AppCaller", "CloudSiteSettings", "Limits", "create_app"]
