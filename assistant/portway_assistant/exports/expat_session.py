"""One run of expat over objects of any spelling, for where the faster scan does not see its way."""

from xml.parsers import expat

from portway_assistant.exports.raw_object import (
    BODY_FIELD,
    Emit,
    RawObject,
    Reference,
    Wanted,
    plain_class,
)

ROOT = "hibernate-generic"

_TEXT_BUFFER_BYTES = 64 * 1024


class ForbiddenDeclarationError(Exception):
    """A document type, or an entity of one."""


class WrongRootError(Exception):
    """The root is not Confluence's."""


class TooDeepError(Exception):
    """Elements are nested beyond the limit."""


class ExpatSession:
    """One run of expat over whole objects.

    It starts at the beginning of the file or, with `in_root`, between two objects, and stops
    after `patience` objects so that the faster scan can go on from there.
    """

    def __init__(
        self,
        wanted: Wanted,
        emit: Emit,
        *,
        max_depth: int,
        patience: int,
        in_root: bool,
    ) -> None:
        self.clean_base = 0
        self.stopped_at: int | None = None
        self._fed = 0
        self._texts: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.buffer_size = _TEXT_BUFFER_BYTES
        self._parser.StartDoctypeDeclHandler = _forbid
        self._parser.EntityDeclHandler = _forbid
        self._install(wanted, emit, max_depth, patience)
        self._preamble = f"<{ROOT}>".encode() if in_root else b""
        self._parser.Parse(self._preamble, False)

    def feed(self, data: bytes) -> None:
        """Parse the next bytes. Sets `stopped_at` once enough objects were read."""
        self._parser.Parse(data, False)
        self._fed += len(data)

    def finish(self) -> None:
        """Tell expat that the file ends here."""
        self._parser.Parse(b"", True)

    def end_of_object(self, data: bytes) -> int:
        """Return where, in the bytes fed last, the last object's end tag ends."""
        assert self.stopped_at is not None  # noqa: S101 - asked only once the session stopped
        start = self.stopped_at - len(self._preamble) - (self._fed - len(data))
        if start < 0 or data.startswith(b"</", start):
            return data.index(b">", max(start, 0)) + 1
        return start

    @property
    def pending_chars(self) -> int:
        """Characters of the value that is being read."""
        return sum(map(len, self._texts))

    @property
    def pending_bytes(self) -> int:
        """Bytes of the tag or comment that is being read."""
        return len(self._preamble) + self._fed - max(self._parser.CurrentByteIndex, 0)

    @property
    def error_offset(self) -> int:
        """Byte at which the parser stands, counted from the session's start."""
        return max(self._parser.ErrorByteIndex - len(self._preamble), 0)

    def _install(
        self,
        wanted: Wanted,
        emit: Emit,
        max_depth: int,
        patience: int,
    ) -> None:
        """Set the handlers. They share state through this scope: a method call costs more."""
        parser = self._parser
        texts = self._texts
        collect = texts.append
        depth = 0
        objects_left = patience
        in_object = False
        class_name = package = ""
        object_id: str | None = None
        fields: frozenset[str] | set[str] = frozenset()
        values: dict[str, str] = {}
        references: dict[str, Reference] = {}
        collections: dict[str, list[Reference]] = {}
        member = ""
        field: str | None = None
        target: str | None = None
        is_reference = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth, in_object, class_name, package, object_id, fields
            nonlocal values, references, collections, member, field, target, is_reference
            depth += 1
            if depth == 3 and in_object:
                member = name
                field = attributes.get("name")
                if name == "id":
                    parser.CharacterDataHandler = collect
                elif field not in fields:
                    field = None
                elif name == "property":
                    target = attributes.get("class")
                    is_reference = False
                    parser.CharacterDataHandler = collect
                elif name == "collection" and field is not None:
                    collections.setdefault(field, [])
                else:
                    field = None
            elif depth == 4 and field is not None and member == "property":
                texts.clear()
                is_reference = name == "id"
                parser.CharacterDataHandler = collect if is_reference else None
            elif depth == 4 and field is not None and member == "collection":
                target = attributes.get("class") if name == "element" else None
            elif depth == 5 and field is not None and member == "collection" and name == "id":
                texts.clear()
                parser.CharacterDataHandler = collect
            elif depth == 2 and name == "object":
                in_object = True
                class_name = plain_class(attributes.get("class", ""))
                package = attributes.get("package", "")
                object_id = None
                fields = wanted.get(class_name, frozenset())  # type: ignore[assignment]
                values, references, collections = {}, {}, {}
                field = None
            elif depth == 1 and name != ROOT:
                raise WrongRootError(name[:100])
            elif depth > max_depth:
                raise TooDeepError

        def end(name: str) -> None:
            nonlocal depth, in_object, object_id, field, objects_left
            depth -= 1
            if depth == 2 and in_object:
                if member == "id":
                    parser.CharacterDataHandler = None
                    object_id = object_id or "".join(texts).strip() or None
                elif field is not None and member == "property":
                    parser.CharacterDataHandler = None
                    text = "".join(texts)
                    if is_reference:
                        # Cut by hand, a reference may lack its class; the id may still find it.
                        if key := text.strip():
                            references[field] = (plain_class(target or ""), key)
                    elif text and (target is None or text.strip()):
                        values[field] = text
                field = None
                texts.clear()
            elif depth == 3 and is_reference and member == "property":
                # Only the id's own text counts: what follows it up to </property> is layout.
                parser.CharacterDataHandler = None
            elif depth == 4 and field is not None and member == "collection" and name == "id":
                parser.CharacterDataHandler = None
                if key := "".join(texts).strip():
                    collections[field].append((plain_class(target or ""), key))
                texts.clear()
            elif depth == 1 and in_object:
                in_object = False
                found = {name: members for name, members in collections.items() if members}
                body = values.pop(BODY_FIELD, "").encode()
                emit(RawObject(class_name, package, object_id, values, references, found, body))
                objects_left -= 1
                if objects_left <= 0:
                    self.stopped_at = parser.CurrentByteIndex
                    parser.StartElementHandler = None
                    parser.EndElementHandler = None
                    parser.CharacterDataHandler = None

        parser.StartElementHandler = start
        parser.EndElementHandler = end


def _forbid(*_: object) -> None:
    raise ForbiddenDeclarationError
