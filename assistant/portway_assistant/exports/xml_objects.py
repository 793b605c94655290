"""Read entities.xml as a stream of raw objects, in memory that does not grow with the file.

Objects in Confluence's own spelling are read by `canonical.scan`; everything else by expat, which
also decides what is well-formed. Any document type or entity declaration is refused before its
content is looked at. Fields that nobody asked for, secrets among them, are never kept.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.parsers import expat

from portway_assistant import error_codes
from portway_assistant.exports.canonical import scan
from portway_assistant.exports.cleaning import Cleaner, TooManyRepairsError
from portway_assistant.exports.encoding import as_utf8
from portway_assistant.exports.expat_session import (
    ExpatSession,
    ForbiddenDeclarationError,
    TooDeepError,
    WrongRootError,
)
from portway_assistant.exports.limits import DEFAULT_LIMITS, Limits
from portway_assistant.exports.raw_object import Emit, Wanted
from portway_service.errors import ErrorCode, Refusal

_CARRIED_CHARS = 1024 * 1024
_FIRST_SLICE_CHARS = 8 * 1024
_LARGEST_SLICE_CHARS = 256 * 1024
_MOST_PATIENCE = 65_536
_STEADY_CHARS = 64 * 1024


class ObjectReader:
    """Reads the objects of one entities.xml, once."""

    def __init__(
        self,
        chunks: Iterable[bytes],
        *,
        wanted: Wanted,
        path: Path,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.cleaner = Cleaner(kept_repairs=limits.kept_repairs, max_repairs=limits.max_repairs)
        self._chunks = chunks
        self._wanted = wanted
        self._path = path
        self._limits = limits
        self._newlines = 0

    def read(self, emit: Emit) -> None:
        """Hand every object to `emit`, in file order.

        Raises:
            Refusal: `export_malformed`, `export_has_dtd`, `export_not_confluence`,
                `export_too_damaged` or `export_outside_limits`.
        """
        session: ExpatSession | None = self._new_session("", 0, emit, patience=1, in_root=False)
        patience = 1
        text = ""
        at = 0
        for piece, is_last in self._texts():
            text = text[at:] + piece if at < len(text) else piece
            at = 0
            while at < len(text):
                if session is None:
                    start = at
                    at = scan(text, at, self._wanted, emit)
                    if at == len(text) or (not is_last and self._may_be_cut_off(text, at)):
                        break
                    steady = at - start >= _STEADY_CHARS
                    patience = 1 if steady else min(patience * 4, _MOST_PATIENCE)
                    session = self._new_session(text, at, emit, patience=patience, in_root=True)
                at, is_done = self._feed(session, text, at)
                if is_done:
                    session = None
        if session is None:
            session = self._new_session(text, at, emit, patience=1, in_root=True)
        self._guard(session, session.finish)

    def _texts(self) -> Iterator[tuple[str, bool]]:
        """Yield the cleaned text piece by piece; the last piece, possibly empty, is marked."""
        cleaner = self.cleaner
        try:
            for chunk in as_utf8(self._chunks):
                if text := cleaner.feed(chunk):
                    self._newlines += text.count("\n")
                    yield text, False
            text = cleaner.finish()
        except TooManyRepairsError:
            raise self._refusal(
                error_codes.EXPORT_TOO_DAMAGED, allowed=self._limits.max_repairs
            ) from None
        self._newlines += text.count("\n")
        yield text, True

    def _may_be_cut_off(self, text: str, at: int) -> bool:
        """Tell whether the object at `at` may be whole once more text has come."""
        return len(text) - at < _CARRIED_CHARS and text.find("</object>", at) < 0

    def _new_session(
        self, text: str, at: int, emit: Emit, *, patience: int, in_root: bool
    ) -> ExpatSession:
        session = ExpatSession(
            self._wanted,
            emit,
            max_depth=self._limits.max_depth,
            patience=patience,
            in_root=in_root,
        )
        session.clean_base = self.cleaner.clean_offset - len(text[at:].encode())
        session.line_base = self._newlines - text.count("\n", at)
        return session

    def _feed(self, session: ExpatSession, text: str, at: int) -> tuple[int, bool]:
        """Feed expat from `at` until it has read enough objects or the text ends."""
        size = _FIRST_SLICE_CHARS
        while at < len(text):
            piece = text[at : at + size]
            data = piece.encode()
            self._guard(session, lambda data=data: session.feed(data))  # type: ignore[misc]
            self._require_limits(session)
            if session.stopped_at is not None:
                return at + len(data[: session.end_of_object(data)].decode()), True
            at += len(piece)
            size = min(size * 2, _LARGEST_SLICE_CHARS)
        return at, False

    def _require_limits(self, session: ExpatSession) -> None:
        limits = self._limits
        for name, found in (
            ("max_value_chars", session.pending_chars),
            ("max_markup_bytes", session.pending_bytes),
        ):
            allowed = getattr(limits, name)
            if found > allowed:
                raise self._outside(session, name, allowed)

    def _guard(self, session: ExpatSession, step: Callable[[], object]) -> None:
        """Run one step of the parser; whatever it meets becomes one clear refusal."""
        try:
            step()
        except expat.ExpatError as exc:
            clean = session.clean_base + session.error_offset
            raise self._refusal(
                error_codes.EXPORT_MALFORMED,
                offset=self.cleaner.original_offset(clean),
                line=session.line_base + session.error_line,
                problem=expat.ErrorString(exc.code),
            ) from None
        except ForbiddenDeclarationError:
            line = session.line_base + session.error_line
            raise self._refusal(error_codes.EXPORT_HAS_DTD, line=line) from None
        except WrongRootError as exc:
            raise self._refusal(error_codes.EXPORT_NOT_CONFLUENCE, root=exc.args[0]) from None
        except TooDeepError:
            raise self._outside(session, "max_depth", self._limits.max_depth) from None

    def _outside(self, session: ExpatSession, limit: str, allowed: int) -> Refusal:
        clean = session.clean_base + session.error_offset
        return self._refusal(
            error_codes.EXPORT_OUTSIDE_LIMITS,
            limit=limit,
            allowed=allowed,
            offset=self.cleaner.original_offset(clean),
        )

    def _refusal(self, code: ErrorCode, **facts: object) -> Refusal:
        return Refusal(code, headers=None, path=self._path, **facts)
