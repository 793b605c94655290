"""The text of macro parameters that hold references."""

import re
from collections.abc import Callable

from portway_assistant.core.rewriting.addresses import SourceAddresses
from portway_assistant.core.rewriting.cql import rewrite_cql
from portway_assistant.core.rewriting.macro_table import PARAMETERS, Holds
from portway_assistant.core.rewriting.references import (
    Findings,
    Kind,
    Resolver,
    UserBy,
    Where,
)

_KEY_IN_LIST = re.compile(r"[^\s,+][^\s,]*")
_PLAIN_KEY = re.compile(r"~?[\w.@:-]+")


class Texts:
    """Rewrites the texts of one body that refer to something without an element."""

    def __init__(
        self, addresses: SourceAddresses, resolver: Resolver, where: Where, findings: Findings
    ) -> None:
        self._addresses = addresses
        self._resolver = resolver
        self._where = where
        self._findings = findings
        self._rules: dict[Holds, Callable[[str], str]] = {
            Holds.SPACES: self.space_list,
            Holds.PAGE: self.page_name,
            Holds.CONTENT: self._ids,
            Holds.USERS: self._users,
            Holds.CQL: self._cql,
            Holds.ADDRESS: self.address,
        }

    def parameter(self, macro: str, name: str, text: str) -> str:
        """Return a parameter's text as the destination needs it."""
        holds = PARAMETERS.get((macro.lower(), name.lower()))
        return text if holds is None else self._rules[holds](text)

    def address(self, url: str) -> str:
        """Return an address; one that is not the source's stays."""
        new = self._addresses.rewrite(url, self._where, self._resolver, self._findings)
        return url if new is None else new

    def space_key(self, key: str) -> str:
        """Return the key of a space, and note one that leads nowhere."""
        if not self._resolver.has_space(key):
            self._findings.add(Kind.SPACE, key)
        return self._resolver.new_key(key)

    def user(self, value: str) -> str | None:
        """Return the account of somebody named by name, key or account; note nobody."""
        for by in (UserBy.NAME, UserBy.KEY, UserBy.ACCOUNT):
            account = self._resolver.account_id(by, value)
            if account is not None:
                return account
        self._findings.add(Kind.USER, value)
        return None

    def note_user(self, value: str) -> None:
        """Note somebody whom nobody knows."""
        self._findings.add(Kind.USER, value)

    def content_id(self, content_id: str) -> str | None:
        """Return the id of content; note one that leads nowhere."""
        target = self._resolver.content(content_id)
        if target is None:
            self._findings.add(Kind.CONTENT, content_id)
            return None
        return target.id

    def titled(self, kind: Kind, space_key: str | None, title: str) -> tuple[str | None, str]:
        """Return space key and title of a page or post; note one that leads nowhere."""
        resolver = self._resolver
        key = space_key or self._where.space_key
        if key is None:
            return space_key, title
        if not resolver.has(kind, key, title):
            self._findings.add(kind, f"{key}:{title}")
        new_title = resolver.new_title(key, title) if kind is Kind.PAGE else title
        return space_key and resolver.new_key(space_key), new_title

    def page_name(self, text: str) -> str:
        """Return `Title` or `KEY:Title`."""
        key, colon, title = text.partition(":")
        if colon and title and self._resolver.has_space(key.strip()):
            new_key, new_title = self.titled(Kind.PAGE, key.strip(), title.strip())
            if (new_key, new_title) == (key.strip(), title.strip()):
                return text
            return f"{new_key}:{new_title}"
        if not text.strip() or text.strip().startswith("@"):
            return text
        _, new_title = self.titled(Kind.PAGE, None, text.strip())
        return text if new_title == text.strip() else new_title

    def space_list(self, text: str) -> str:
        """Return a list of space keys; `@all`, `*` and the like stay."""

        def mapped(match: re.Match[str]) -> str:
            written = match[0]
            sign = written[0] if written[0] in "+-" else ""
            key = written[len(sign) :]
            if not _PLAIN_KEY.fullmatch(key) or key.startswith("@"):
                return written
            return sign + self.space_key(key)

        return _KEY_IN_LIST.sub(mapped, text)

    def _ids(self, text: str) -> str:
        return re.sub(r"\d+", lambda match: self.content_id(match[0]) or match[0], text)

    def _users(self, text: str) -> str:
        return re.sub(r"[^\s,]+", lambda match: self.user(match[0]) or match[0], text)

    def _cql(self, text: str) -> str:
        return rewrite_cql(
            text,
            spaces=self.space_key,
            ids=lambda value: (self.content_id(value) or value) if value.isdecimal() else value,
            users=lambda value: self.user(value) or value,
        )
