"""`python -m notes_app.cloud`: the cloud side of Page notes, served by gunicorn."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped, unused-ignore]

from notes_app import CLOUD_APP_KEY, NAME, VENDOR
from notes_app.cloud.app import make_flask_app
from portway_sdk import CloudAppSettings, ConfigurationError, SqliteAppStore

# One process, so that one lock guards each settlement; threads, so that one slow import does not
# keep other events waiting past their 5 seconds.
_GUNICORN = {
    "workers": 1,
    "worker_class": "gthread",
    "threads": 8,
    "graceful_timeout": 5,
    "loglevel": "warning",
    "control_socket_disable": True,
}


class _Server(BaseApplication):  # type: ignore[misc, unused-ignore]
    """Gunicorn, started from here instead of its own command line."""

    def __init__(self, app: Flask, settings: Mapping[str, Any]) -> None:
        self._app = app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            if name in self.cfg.settings:  # older versions lack some
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit code."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    # One line for each HTTP request is more than anybody wants to read.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = CloudAppSettings.from_env(
            _settings_environ(options, environ), app_key=CLOUD_APP_KEY, name=NAME, vendor=VENDOR
        )
    except ConfigurationError as problem:
        print(f"notes_app.cloud: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    with SqliteAppStore(options.data / "portway.db") as store:
        app = make_flask_app(settings, store, options.data)
        _Server(app, {**_GUNICORN, "bind": f"{options.host}:{options.port}"}).run()
    return 0


def _settings_environ(options: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the options in it: an option wins over its variable."""
    given = {
        "PORTWAY_CLOUD_BASE_URL": options.base_url,
        "PORTWAY_INSTALL_KEYS_URL": options.install_keys_url,
    }
    default = {"PORTWAY_CLOUD_BASE_URL": f"http://127.0.0.1:{options.port}"}
    return {**default, **environ, **{name: value for name, value in given.items() if value}}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notes_app.cloud",
        description="Serve the cloud side of Page notes until SIGINT or SIGTERM."
        " Exits 0 when stopped, 2 when a setting is wrong.",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="Where everything is kept.")
    add("--port", type=int, default=9010, metavar="N", help="[default: %(default)s]")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="[default: %(default)s]")
    add(
        "--base-url",
        metavar="URL",
        help="Where Portway reaches this app."
        " [env: PORTWAY_CLOUD_BASE_URL; default: http://127.0.0.1:PORT]",
    )
    add(
        "--install-keys-url",
        metavar="URL",
        help="Where Portway's installation keys lie: its address and /keys."
        " [env: PORTWAY_INSTALL_KEYS_URL]",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
