"""Reading CQL into a tree: clauses joined by `and`, `or` and `not`, and an order."""

import re
from dataclasses import dataclass

from portway_cloud_site.error_codes import CQL_INVALID
from portway_service.errors import Refusal

MAX_LENGTH = 10_000
MAX_DEPTH = 50

_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<sign><=|>=|!=|!~|=|~|<|>|\(|\)|,)"
    r"|(?P<word>[^\s()=~<>!,\"']+))"
)
_SIGNS = frozenset({"=", "!=", "~", "!~", "<", ">", "<=", ">="})


@dataclass(frozen=True)
class Clause:
    """One condition: a field, an operator (`in` and `not in` too) and its values."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Joined:
    """Conditions of which all (`and`) or any (`or`) hold, or the one that does not (`not`)."""

    by: str
    parts: tuple["Clause | Joined", ...]


@dataclass(frozen=True)
class Query:
    """A whole query; without a condition it finds everything."""

    condition: Clause | Joined | None
    order: tuple[tuple[str, bool], ...]
    """Fields, each with whether it goes downward."""


def parse_cql(text: str) -> Query:
    """Return the tree of a query.

    Raises:
        Refusal: `cql_invalid`, with the place where it stops making sense.
    """
    if len(text) > MAX_LENGTH:
        raise _fault(MAX_LENGTH, "it is too long")
    return _Parser(text).query()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_read_tokens(text))
        self._next = 0
        self._depth = 0

    def query(self) -> Query:
        condition = None
        if not self._peek().is_word("order") and self._peek().kind != "end":
            condition = self._any()
        order = self._order()
        if self._peek().kind != "end":
            raise self._unexpected()
        return Query(condition, order)

    def _any(self) -> Clause | Joined:
        return self._joined("or", self._all)

    def _all(self) -> Clause | Joined:
        return self._joined("and", self._one)

    def _joined(self, word: str, part: object) -> Clause | Joined:
        assert callable(part)  # noqa: S101 - for the type checker
        parts = [part()]
        while self._peek().is_word(word):
            self._take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _one(self) -> Clause | Joined:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _fault(self._peek().at, "it is nested too deeply")
        try:
            if self._peek().is_word("not"):
                self._take()
                return Joined("not", (self._one(),))
            if self._peek().text == "(" and self._peek().kind == "sign":
                self._take()
                inside = self._any()
                self._expect(")")
                return inside
            return self._clause()
        finally:
            self._depth -= 1

    def _clause(self) -> Clause:
        field = self._take()
        if field.kind != "word":
            raise self._unexpected(field)
        operator = self._take()
        if operator.is_word("not") and self._peek().is_word("in"):
            self._take()
            return Clause(field.text.lower(), "not in", self._list())
        if operator.is_word("in"):
            return Clause(field.text.lower(), "in", self._list())
        if operator.kind != "sign" or operator.text not in _SIGNS:
            raise self._unexpected(operator)
        return Clause(field.text.lower(), operator.text, (self._value(),))

    def _list(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self._peek().text == "," and self._peek().kind == "sign":
            self._take()
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        token = self._take()
        if token.kind == "string":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind != "word":
            raise self._unexpected(token)
        return token.text

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._peek().is_word("order"):
            return ()
        self._take()
        if not self._take().is_word("by"):
            raise self._unexpected(self._tokens[self._next - 1])
        fields = [self._order_field()]
        while self._peek().text == "," and self._peek().kind == "sign":
            self._take()
            fields.append(self._order_field())
        return tuple(fields)

    def _order_field(self) -> tuple[str, bool]:
        field = self._take()
        if field.kind != "word":
            raise self._unexpected(field)
        downward = self._peek().is_word("desc")
        if self._peek().is_word("asc", "desc"):
            self._take()
        return field.text.lower(), downward

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token.kind != "sign" or token.text != sign:
            raise _fault(token.at, f"`{sign}` is missing")

    def _unexpected(self, token: _Token | None = None) -> Refusal:
        found = token or self._peek()
        what = "it ends too early" if found.kind == "end" else f"{found.text!r} is not expected"
        return _fault(found.at, what)


def _read_tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _fault(at, f"{text[at : at + 1]!r} is not expected")
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*tokens, _Token("end", "", len(text))]


def _fault(at: int, problem: str) -> Refusal:
    return Refusal(CQL_INVALID, problem=f"at character {at + 1}, {problem}")
