"""Settings, read once from a mapping such as `os.environ`; all bad ones reported together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from portway_sdk._errors import ConfigurationError

POLL_LIMIT_SECONDS = 30


@dataclass(frozen=True)
class ListenerSettings:
    """How a listener reaches its platform. A bad setting raises `ConfigurationError`."""

    platform_url: str
    key_file: Path
    """Made at the first start, for its owner's eyes only. Keep it: it is the listener's proof."""
    enrolment_token: str | None = field(default=None, repr=False)
    """Needed once, for the first start."""
    poll_seconds: int = 25
    """How long one request waits for work, 1 to 30."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones, PEM."""

    def __post_init__(self) -> None:
        _raise_all(self._find_problems())
        object.__setattr__(self, "platform_url", self.platform_url.rstrip("/"))
        object.__setattr__(self, "key_file", Path(self.key_file))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that the `PORTWAY_…` variables describe.

        Raises:
            ConfigurationError: Variables are missing or wrong; `.problems` names all of them.
        """
        ca_file = _text(environ, "PORTWAY_CA_FILE")
        return cls(
            platform_url=_text(environ, "PORTWAY_PLATFORM_URL"),
            key_file=Path(_text(environ, "PORTWAY_KEY_FILE")),
            enrolment_token=_text(environ, "PORTWAY_ENROLMENT_TOKEN") or None,
            poll_seconds=_number(_text(environ, "PORTWAY_POLL_SECONDS") or "25"),
            ca_file=Path(ca_file) if ca_file else None,
        )

    def _find_problems(self) -> Iterator[str]:
        yield from _address_problems(
            "platform_url", "PORTWAY_PLATFORM_URL", self.platform_url, "https://portway.example"
        )
        if Path(self.key_file) == Path():
            yield "key_file (PORTWAY_KEY_FILE) is missing; for example /var/lib/notes/listener.key"
        if not 1 <= self.poll_seconds <= POLL_LIMIT_SECONDS:
            yield (
                "poll_seconds (PORTWAY_POLL_SECONDS) must be a whole number from 1 to"
                f" {POLL_LIMIT_SECONDS}; for example 25"
            )
        if self.ca_file is not None and not Path(self.ca_file).is_file():
            yield "ca_file (PORTWAY_CA_FILE) is no file; for example /etc/ssl/certs/company.pem"


@dataclass(frozen=True)
class CloudAppSettings:
    """Who a cloud app is and where it lives. A bad setting raises `ConfigurationError`."""

    app_key: str
    name: str
    base_url: str
    """Where the platform reaches the app; its path, if any, comes before every path of the app."""
    install_keys_url: str
    """Where the platform's install keys are: `{public URL}/keys`."""
    vendor: str
    connect_scopes: tuple[str, ...] = ("READ",)
    """What the app may do on the site; not the access scopes of a migration."""
    handler_lease_seconds: float = 60.0
    """How long an event whose handler's process died stays closed to the next delivery."""

    def __post_init__(self) -> None:
        _raise_all(self._find_problems())
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        object.__setattr__(self, "install_keys_url", self.install_keys_url.rstrip("/"))

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str],
        *,
        app_key: str,
        name: str,
        vendor: str,
        connect_scopes: tuple[str, ...] = ("READ",),
    ) -> Self:
        """Return settings whose addresses come from the `PORTWAY_…` variables.

        Raises:
            ConfigurationError: Variables are missing or wrong; `.problems` names all of them.
        """
        return cls(
            app_key=app_key,
            name=name,
            base_url=_text(environ, "PORTWAY_CLOUD_BASE_URL"),
            install_keys_url=_text(environ, "PORTWAY_INSTALL_KEYS_URL"),
            vendor=vendor,
            connect_scopes=connect_scopes,
        )

    def _find_problems(self) -> Iterator[str]:
        if not self.app_key:
            yield "app_key is missing; for example com.example.notes.cloud"
        yield from _address_problems(
            "base_url", "PORTWAY_CLOUD_BASE_URL", self.base_url, "https://notes.example"
        )
        yield from _address_problems(
            "install_keys_url",
            "PORTWAY_INSTALL_KEYS_URL",
            self.install_keys_url,
            "https://portway.example/keys",
        )
        if not self.handler_lease_seconds > 0:
            yield "handler_lease_seconds must be more than 0; for example 60"


def address_problem(url: str) -> str | None:
    """Return what is wrong with a base URL, or None."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return "is not a web address"
    if parts.username or parts.password:
        return "must not hold a user name or password"
    if parts.query or parts.fragment:
        return "must have no query and no fragment"
    return None


def _address_problems(name: str, variable: str, url: str, example: str) -> Iterator[str]:
    problem = address_problem(url) if url else "is missing"
    if problem:
        yield f"{name} ({variable}) {problem}; for example {example}"


def _raise_all(problems: Iterator[str]) -> None:
    found = tuple(problems)
    if found:
        raise ConfigurationError(*found)


def _text(environ: Mapping[str, str], variable: str) -> str:
    return environ.get(variable, "").strip()


def _number(text: str) -> int:
    """Return the whole number `text` holds; 0, which no setting allows, when it holds none."""
    return int(text) if text.isascii() and text.isdigit() else 0
