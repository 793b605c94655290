"""Which platform a command talks to, and as whom.

A running `portway serve` leaves a note of its address and of where its token lies, readable by the
same user only, so that commands on the same machine find both without options.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from portway_cli.error_codes import NO_ADMIN_TOKEN
from portway_sdk.http import Caller, RetryPolicy, Timing, open_client
from portway_service.errors import Refusal

TOKEN_VARIABLE = "PORTWAY_ADMIN_TOKEN"  # noqa: S105 - the variable's name
DEFAULT_URL = "http://127.0.0.1:8484"


@dataclass(frozen=True)
class Connection:
    """A platform's address and the admin token for it."""

    url: str
    token: str = field(repr=False)

    def caller(
        self,
        *,
        transport: httpx.BaseTransport | None = None,
        patience_seconds: float = 60.0,
        timing: Timing | None = None,
    ) -> Caller:
        """Return a caller that signs as admin and waits out restarts."""
        return Caller(
            open_client(transport=transport),
            base_url=self.url,
            authorise=lambda _request: f"Bearer {self.token}",
            timing=timing or Timing(),
            policy=RetryPolicy(patience_seconds=patience_seconds, longest_delay_seconds=2.0),
        )


def connect(url: str, token_file: Path | None = None) -> Connection:
    """Return the connection to a platform, with the token of the environment, file or note.

    Raises:
        Refusal: `no_admin_token`.
    """
    url = url.rstrip("/")
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if token_file is not None:
        token = token_file.read_text().strip()
    elif not token:
        token = _read_noted_token(url)
    if not token:
        raise Refusal(NO_ADMIN_TOKEN, url=url)
    return Connection(url, token)


def note_address(url: str, token_file: Path) -> Path:
    """Leave the note of a running platform; returns the note's path."""
    note = _note_path(url)
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    note.write_text(json.dumps({"url": url, "tokenFile": str(token_file)}))
    note.chmod(0o600)
    return note


def _read_noted_token(url: str) -> str:
    try:
        note = json.loads(_note_path(url).read_text())
        return Path(note["tokenFile"]).read_text().strip()
    except (OSError, ValueError, KeyError):
        return ""


def _note_path(url: str) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname in {"localhost", "::1"} else parts.hostname
    return Path(state) / "portway" / "platforms" / f"{host}_{parts.port or parts.scheme}.json"
