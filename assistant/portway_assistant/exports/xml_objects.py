"""Read entities.xml as a stream of raw objects, in memory that does not grow with the file.

Objects in Confluence's own spelling are read by `canonical.scan`; everything else by expat, which
also decides what is well-formed. Any document type or entity declaration is refused before its
content is looked at. Fields that nobody asked for, secrets among them, are never kept.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.parsers import expat

from portway_assistant import error_codes
from portway_assistant.exports.canonical import Scanner
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

_CARRIED_BYTES = 1024 * 1024
_FIRST_SLICE_BYTES = 8 * 1024
_LARGEST_SLICE_BYTES = 256 * 1024
_MOST_PATIENCE = 65_536
_STEADY_BYTES = 64 * 1024


class ObjectReader:
    """Reads the objects of one entities.xml, once."""

    def __init__(
        self,
        chunks: Callable[[], Iterable[bytes]],
        *,
        wanted: Wanted,
        path: Path,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Take a function that opens the bytes; it is called again only to explain a refusal."""
        self.cleaner = Cleaner(kept_repairs=limits.kept_repairs, max_repairs=limits.max_repairs)
        self._chunks = chunks
        self._wanted = wanted
        self._path = path
        self._limits = limits

    def read(self, emit: Emit) -> None:
        """Hand every object to `emit`, in file order.

        Raises:
            Refusal: `export_malformed`, `export_has_dtd`, `export_not_confluence`,
                `export_too_damaged` or `export_outside_limits`.
        """
        session: ExpatSession | None = self._new_session(b"", 0, emit, patience=1, in_root=False)
        scanner = Scanner(self._wanted)
        patience = 1
        text = b""
        at = 0
        for piece, is_last in self._texts():
            text = text[at:] + piece if at < len(text) else piece
            at = 0
            while at < len(text):
                if session is None:
                    start = at
                    at = scanner.scan(text, at, emit)
                    if at == len(text) or (not is_last and self._may_be_cut_off(text, at)):
                        break
                    steady = at - start >= _STEADY_BYTES
                    patience = 1 if steady else min(patience * 4, _MOST_PATIENCE)
                    session = self._new_session(text, at, emit, patience=patience, in_root=True)
                at, is_done = self._feed(session, text, at)
                if is_done:
                    session = None
        if session is None:
            session = self._new_session(text, at, emit, patience=1, in_root=True)
        self._guard(session, session.finish)

    def _texts(self) -> Iterator[tuple[bytes, bool]]:
        """Yield the cleaned text piece by piece; the last piece, possibly empty, is marked."""
        cleaner = self.cleaner
        try:
            for chunk in as_utf8(self._chunks()):
                if text := cleaner.feed(chunk):
                    yield text, False
            text = cleaner.finish()
        except TooManyRepairsError:
            raise self._refusal(
                error_codes.EXPORT_TOO_DAMAGED, allowed=self._limits.max_repairs
            ) from None
        yield text, True

    def _may_be_cut_off(self, text: bytes, at: int) -> bool:
        """Tell whether the object at `at` may be whole once more text has come."""
        return len(text) - at < _CARRIED_BYTES and text.find(b"</object>", at) < 0

    def _new_session(
        self, text: bytes, at: int, emit: Emit, *, patience: int, in_root: bool
    ) -> ExpatSession:
        session = ExpatSession(
            self._wanted,
            emit,
            max_depth=self._limits.max_depth,
            patience=patience,
            in_root=in_root,
        )
        session.clean_base = self.cleaner.clean_offset - (len(text) - at)
        return session

    def _feed(self, session: ExpatSession, text: bytes, at: int) -> tuple[int, bool]:
        """Feed expat from `at` until it has read enough objects or the text ends."""
        size = _FIRST_SLICE_BYTES
        while at < len(text):
            data = text[at : at + size]
            self._guard(session, lambda data=data: session.feed(data))  # type: ignore[misc]
            self._require_limits(session)
            if session.stopped_at is not None:
                return at + session.end_of_object(data), True
            at += len(data)
            size = min(size * 2, _LARGEST_SLICE_BYTES)
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
            offset = self._original_offset(session)
            raise self._refusal(
                error_codes.EXPORT_MALFORMED,
                offset=offset,
                line=self._line_of(offset),
                problem=expat.ErrorString(exc.code),
            ) from None
        except ForbiddenDeclarationError:
            line = self._line_of(self._original_offset(session))
            raise self._refusal(error_codes.EXPORT_HAS_DTD, line=line) from None
        except WrongRootError as exc:
            raise self._refusal(error_codes.EXPORT_NOT_CONFLUENCE, root=exc.args[0]) from None
        except TooDeepError:
            raise self._outside(session, "max_depth", self._limits.max_depth) from None

    def _outside(self, session: ExpatSession, limit: str, allowed: int) -> Refusal:
        return self._refusal(
            error_codes.EXPORT_OUTSIDE_LIMITS,
            limit=limit,
            allowed=allowed,
            offset=self._original_offset(session),
        )

    def _original_offset(self, session: ExpatSession) -> int:
        return self.cleaner.original_offset(session.clean_base + session.error_offset)

    def _line_of(self, offset: int) -> int:
        """Count the lines up to a byte. Only a refusal asks, so they are read once more for it."""
        line = 1
        for chunk in as_utf8(self._chunks()):
            line += chunk.count(b"\n", 0, max(offset, 0))
            offset -= len(chunk)
            if offset <= 0:
                break
        return line

    def _refusal(self, code: ErrorCode, **facts: object) -> Refusal:
        return Refusal(code, headers=None, path=self._path, **facts)
