"""Puts platform, cloud site and assistant of one data folder behind one address.

The rooms know nothing of each other: requests are handed out by their path, and the cloud site
recognises apps through the platform's authenticator, given to it here.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import flask

import portway_assistant.api
import portway_cloud_site
from portway_assistant.folder import AssistantFolder
from portway_cli.data_folder import DataFolder
from portway_cli.error_codes import MASTER_KEY_INVALID
from portway_cli.front_door import create_front_door
from portway_cli.runners import ProcessRunner
from portway_platform.app import Platform, create_app
from portway_platform.callers import AppAuthenticator
from portway_platform.rate_limits.rules import RateLimits
from portway_platform.settings import PlatformSettings
from portway_platform.transfers.moving import is_moving
from portway_service.admin_access import AdminAccess
from portway_service.clock import Clock, SystemClock
from portway_service.database import sqlite_url
from portway_service.errors import Refusal
from portway_service.ids import Ids, RandomIds
from portway_service.outbound import Outbound
from portway_service.vault import MASTER_KEY_BYTES

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_CONNECT = re.compile(r"/sites/[^/]+(/wiki)?/rest/atlassian-connect/")


class Composition:
    """One Portway on one data folder."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        public_url: str,
        outbound: Outbound,
        database_url: str | None = None,
        upload_limit_bytes: int | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        rate_limits: RateLimits | None = None,
        runner: ProcessRunner | None = None,
    ) -> None:
        """Say what to put together; `database_url` keeps the rows of platform and cloud site.

        Without it each of the two has a SQLite file in the folder. `runner` carries out the runs
        that the assistant API is asked for.
        """
        self._runner = runner
        self._folder = folder
        self._database_url = database_url
        self._upload_limit: dict[str, Any] = (
            {} if upload_limit_bytes is None else {"upload_limit_bytes": upload_limit_bytes}
        )
        self._public_url = public_url
        self._outbound = outbound
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._rate_limits = rate_limits or RateLimits()
        self._closing: list[Callable[[], None]] = []

    def open(self) -> WsgiApp:
        """Open everything and return the WSGI app; nothing works in the background yet."""
        folder = self._folder
        token = folder.admin_token(self._ids)
        admin = AdminAccess(token, self._clock)
        platform = create_app(
            PlatformSettings(
                database_url=self._database_url or sqlite_url(folder.platform_database),
                files_url=str(folder.app_data),
                keys_folder=folder.keys,
                public_url=self._public_url,
                admin_token=token,
                outbound=self._outbound,
                clock=self._clock,
                ids=self._ids,
                master_keys=read_master_keys(os.environ),
                **self._upload_limit,
                rate_limits=self._rate_limits,
            )
        )
        self._platform = platform
        self._closing.append(platform.close)
        site = portway_cloud_site.create_app(
            portway_cloud_site.CloudSiteSettings(
                # On one database the two rooms share its connections as well.
                database=platform.services.database
                if self._database_url
                else sqlite_url(folder.site_database),
                files_folder=folder.site_files,
                public_url=self._public_url,
                admin=admin,
                app_authenticator=_AppsOfThePlatform(platform),
                clock=self._clock,
                ids=self._ids,
            )
        )
        self._closing.append(site.extensions["portway_cloud_site"].database.close)
        assistant_folder = AssistantFolder.open(folder.assistant, self._clock, self._ids)
        self._closing.append(assistant_folder.close)
        assistant = portway_assistant.api.create_app(
            assistant_folder, admin=admin, ids=self._ids, runner=self._runner
        )
        self._assistant = assistant_folder
        front = create_front_door(admin, assistant_folder.ledger, ids=self._ids)
        return _dispatch(platform.app, site, assistant, front)

    def start(self) -> WsgiApp:
        """Open everything and begin to work in the background: events, clocks of transfers."""
        app = self.open()
        self._platform.start()
        self._closing.append(self._platform.stop)
        if self._runner is not None:
            self._runner.resume(self._assistant)
        return app

    def end_waits(self) -> None:
        """Let go of requests that wait for something to happen."""
        self._platform.end_waits()

    def stop(self) -> None:
        """End the background work and close everything."""
        while self._closing:
            self._closing.pop()()


def read_master_keys(environment: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the master keys the environment names, the newest first; none without any."""
    named = environment.get("PORTWAY_MASTER_KEY", "").strip()
    if not named:
        return ()
    try:
        keys = tuple(base64.b64decode(text.strip(), validate=True) for text in named.split(","))
    except binascii.Error:
        raise Refusal(MASTER_KEY_INVALID) from None
    if any(len(key) != MASTER_KEY_BYTES for key in keys):
        raise Refusal(MASTER_KEY_INVALID)
    return keys


class _AppsOfThePlatform:
    """Lets the cloud site recognise the apps that the platform installed on it."""

    def __init__(self, platform: Platform) -> None:
        self._authenticator = AppAuthenticator(platform.services)
        self._database = platform.services.database
        self._rate_limiter = platform.services.rate_limiter

    def authenticate(self, request: flask.Request, site_key: str) -> portway_cloud_site.AppCaller:
        """Return the app that calls, in the cloud site's terms."""
        with self._database.read() as connection:
            caller = self._authenticator.identify_any(connection, request, site_key)
            in_migration = is_moving(connection, caller.installation_id)
        self._rate_limiter.count("product", caller.app_key, caller.site_id)
        return portway_cloud_site.AppCaller(
            app_key=caller.app_key,
            site_key=caller.site_key,
            name=caller.name,
            may_write=caller.may_write,
            in_migration=in_migration,
        )


def _dispatch(platform: WsgiApp, site: WsgiApp, assistant: WsgiApp, front: WsgiApp) -> WsgiApp:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/sites/") and not _CONNECT.match(path):
            return site(environ, start_response)
        if path.startswith("/assistant/"):
            return assistant(environ, start_response)
        if path in {"/", "/sign-in", "/portway.css"}:
            return front(environ, start_response)
        return platform(environ, start_response)

    return app
