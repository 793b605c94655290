"""Makes Confluence exports of any size in the real format, the same ones each time.

Every page has a body of several KB in storage format, with macros, links, mentions and characters
of other scripts, an older version with its own body, comments, attachments, content properties,
links and labels. Objects come in no particular order, as in real exports.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

_C = "com.atlassian.confluence"
_PACKAGES = {
    "Space": f"{_C}.spaces",
    "SpaceDescription": f"{_C}.spaces",
    "Page": f"{_C}.pages",
    "BlogPost": f"{_C}.pages",
    "Comment": f"{_C}.pages",
    "Attachment": f"{_C}.pages",
    "BodyContent": f"{_C}.core",
    "ContentProperty": f"{_C}.content",
    "Label": f"{_C}.labels",
    "Labelling": f"{_C}.labels",
    "OutgoingLink": f"{_C}.links",
    "ConfluenceUserImpl": f"{_C}.user",
    "InternalUser": "com.atlassian.crowd.model.user",
}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<hibernate-generic datetime="2026-01-02 03:04:05">\n'
)
_TAIL = "</hibernate-generic>\n"
_DESCRIPTOR = (
    "#Fri Jan 02 03:04:05 UTC 2026\nexportType=space\nspaceKey=BENCH\ntimezoneId=UTC\n"
    "backupAttachments=true\ncreatedByVersionNumber=7.19.16\n"
)
_SPACE = 98_305
_DATE = "2025-05-06 07:08:09.000"
_VERSION = "3"
_PEOPLE = 200
_PARAGRAPHS = 2000
_ATTACHMENT_BYTES = 8 * 1024
_SYLLABLES = tuple("ka ro mi tel san du ver na li por gen sta ü é ßo 移 та".split())  # noqa: SIM905

Ref = tuple[str, str]


class ExportMaker:
    """Writes one export, page by page."""

    def __init__(self, *, with_history: bool = True) -> None:
        self._chance = random.Random(20260102)
        self._with_history = with_history
        self._last_id = 1_000_000
        self._words = [self._word() for _ in range(4000)]
        self._keys = [f"{self._chance.getrandbits(128):032x}" for _ in range(_PEOPLE)]
        self._paragraphs = [self._paragraph(number) for number in range(_PARAGRAPHS)]
        self.attachments: list[tuple[str, bytes]] = []
        """Path in the package and bytes."""

    def entities(self, *, pages: int | None = None, size_bytes: int | None = None) -> Iterator[str]:
        """Yield entities.xml, of so many pages or of at least so many bytes."""
        yield _HEAD
        yield from self._frame()
        written, number = 0, 0
        home = self._new_id()
        while number < pages if pages is not None else written < (size_bytes or 0):
            page = home if number == 0 else self._new_id()
            text = "".join(self._page(page, number, home))
            written += len(text.encode())
            number += 1
            yield text
        yield _TAIL

    def write_folder(self, folder: Path, *, size_bytes: int) -> Path:
        """Write an unpacked export without attachment files, and return the folder."""
        folder.mkdir(parents=True)
        (folder / "exportDescriptor.properties").write_text(_DESCRIPTOR)
        with (folder / "entities.xml").open("w", encoding="utf-8", newline="") as file:
            file.writelines(self.entities(size_bytes=size_bytes))
        return folder

    def write_zip(self, path: Path, *, pages: int) -> Path:
        """Write a package with attachment files, and return its path."""
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=6) as package:
            package.writestr("exportDescriptor.properties", _DESCRIPTOR)
            with package.open("entities.xml", "w") as file:
                for text in self.entities(pages=pages):
                    file.write(text.encode())
            for name, data in self.attachments:
                package.writestr(name, data)
        return path

    # Objects

    def _frame(self) -> Iterator[str]:
        """Yield the space and its people."""
        author = _user(self._keys[0])
        yield _object(
            "Space",
            _SPACE,
            _text("name", "Bench"),
            _text("key", "BENCH"),
            _text("lowerKey", "bench"),
            _text("spaceType", "global"),
            _reference("creator", author),
            _plain("creationDate", _DATE),
        )
        for number, key in enumerate(self._keys):
            name = f"user{number:04}"
            yield _object("ConfluenceUserImpl", key, _text("name", name), _text("lowerName", name))
            yield _object(
                "InternalUser",
                self._new_id(),
                _text("name", name),
                _text("lowerName", name),
                _plain("active", "true"),
                _text("displayName", name.title()),
                _text("emailAddress", f"{name}@example.com"),
                '<component name="credential">\n<property name="credential">'
                "<![CDATA[{PKCS5S2}c2VjcmV0]]></property>\n</component>\n",
            )

    def _page(self, page: int, number: int, home: int) -> Iterator[str]:
        title = f"{self._sentence(4)} {number:06}"
        reference = ("Page", str(page))
        properties = [self._new_id() for _ in range(5)]
        parent = () if number == 0 else (_reference("parent", ("Page", str(home))),)
        if self._with_history and number % 2:
            old = self._new_id()
            yield self._content("Page", old, title, _plain("originalVersionId", str(page)))
            yield self._body(("Page", str(old)))
        yield self._body(reference)
        yield self._content(
            "Page",
            page,
            title,
            _reference("space", ("Space", str(_SPACE))),
            *parent,
            _plain("position", str(number)),
            _collection("contentProperties", "ContentProperty", properties),
        )
        names = ("share-id", "sync-rev", "macro-count.toc", "editor", "sync-rev-source")
        for identity, name in zip(properties, names, strict=True):
            yield self._property(identity, reference, name, f"{self._chance.getrandbits(96):024x}")
        if number % 10 == 9:
            post = self._new_id()
            yield self._content(
                "BlogPost", post, title, _reference("space", ("Space", str(_SPACE)))
            )
            yield self._body(("BlogPost", str(post)))
        yield from self._comments(reference)
        if number % 3 == 0:
            yield from self._attachment(reference, number)
        if number % 5 == 0:
            yield self._labelling(reference, number)
        for _ in range(2):
            yield _object(
                "OutgoingLink",
                self._new_id(),
                _text("destinationPageTitle", self._sentence(3)),
                _text("destinationSpaceKey", "BENCH"),
                _reference("sourceContent", reference),
                _plain("creationDate", _DATE),
            )

    def _comments(self, page: Ref) -> Iterator[str]:
        first = None
        for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
            comment = self._new_id()
            parent = () if first is None else (_reference("parent", ("Comment", str(first))),)
            first = first or comment
            yield self._content(
                "Comment", comment, None, _reference("containerContent", page), *parent
            )
            yield self._body(("Comment", str(comment)), paragraphs=1)

    def _attachment(self, page: Ref, number: int) -> Iterator[str]:
        attachment = self._new_id()
        self.attachments.append(
            (
                f"attachments/{page[1]}/{attachment}/{_VERSION}",
                self._chance.randbytes(_ATTACHMENT_BYTES),
            )
        )
        yield self._content(
            "Attachment",
            attachment,
            f"plan-{number}.bin",
            _reference("containerContent", page),
            _reference("space", ("Space", str(_SPACE))),
        )
        of = ("Attachment", str(attachment))
        yield self._property(self._new_id(), of, "MEDIA_TYPE", "application/octet-stream")
        yield self._property(self._new_id(), of, "FILESIZE", _ATTACHMENT_BYTES)

    def _labelling(self, page: Ref, number: int) -> str:
        label = self._new_id()
        name = f"topic-{number % 40}"
        return _object("Label", label, _text("name", name), _text("namespace", "global")) + _object(
            "Labelling",
            self._new_id(),
            _reference("label", ("Label", str(label))),
            _reference("content", page),
        )

    def _content(self, kind: str, identity: int, title: str | None, *more: str) -> str:
        named = () if title is None else (_text("title", title), _text("lowerTitle", title.lower()))
        author = _user(self._chance.choice(self._keys))
        return _object(
            kind,
            identity,
            _plain("hibernateVersion", "12"),
            *named,
            *more,
            _plain("version", _VERSION),
            _reference("creator", author),
            _plain("creationDate", _DATE),
            _reference("lastModifier", author),
            _plain("lastModificationDate", _DATE),
            _text("versionComment", ""),
            _text("contentStatus", "current"),
        )

    def _body(self, of: Ref, *, paragraphs: int | None = None) -> str:
        count = paragraphs or min(int(self._chance.lognormvariate(2.3, 0.7)) + 1, 120)
        text = "".join(self._chance.choices(self._paragraphs, k=count))
        return _object(
            "BodyContent",
            self._new_id(),
            _text("body", text),
            _reference("content", of),
            _plain("bodyType", "2"),
        )

    def _property(self, identity: int, of: Ref, name: str, value: str | int) -> str:
        is_text = isinstance(value, str)
        return _object(
            "ContentProperty",
            identity,
            _text("name", name),
            _text("stringValue", value) if is_text else '<property name="stringValue"/>\n',
            '<property name="longValue"/>\n' if is_text else _plain("longValue", str(value)),
            '<property name="dateValue"/>\n',
            _reference("content", of),
        )

    # Words

    def _paragraph(self, number: int) -> str:
        """Return a paragraph in storage format; every few of them are something else."""
        text = self._sentence(60)
        kind = number % 20
        if kind == 3:
            code = "\n".join(f"    call({word})" for word in self._sentence(12).split())
            return (
                '<ac:structured-macro ac:name="code" ac:schema-version="1"><ac:parameter'
                ' ac:name="language">py</ac:parameter><ac:plain-text-body>'
                f"<![CDATA[{code}]] ></ac:plain-text-body></ac:structured-macro>"
            )
        if kind == 7:
            cells = "".join(f"<td><p>{self._sentence(5)}</p></td>" for _ in range(6))
            return f'<table class="wrapped"><tbody><tr>{cells}</tr></tbody></table>\n'
        if kind == 11:
            key = self._chance.choice(self._keys)
            return (
                f'<p>{text} <ac:link><ri:user ri:userkey="{key}" /></ac:link> &nbsp;&ndash; '
                f'<ac:link><ri:page ri:content-title="{self._sentence(3)}" /></ac:link></p>\n'
            )
        return f"<p>{text}</p>\n" if kind % 5 else f"<h2>{self._sentence(5)}</h2>\n<p>{text}</p>\n"

    def _sentence(self, words: int) -> str:
        return " ".join(self._chance.choices(self._words, k=words))

    def _word(self) -> str:
        return "".join(self._chance.choices(_SYLLABLES, k=self._chance.choice((1, 2, 2, 3, 4))))

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _object(kind: str, identity: int | str, *members: str) -> str:
    named = "key" if kind == "ConfluenceUserImpl" else "id"
    key = f"<![CDATA[{identity}]]>" if isinstance(identity, str) else identity
    return (
        f'<object class="{kind}" package="{_PACKAGES[kind]}">\n<id name="{named}">{key}</id>\n'
        + "".join(members)
        + "</object>\n"
    )


def _plain(name: str, value: str) -> str:
    return f'<property name="{name}">{value}</property>\n'


def _text(name: str, value: str | int) -> str:
    return f'<property name="{name}"><![CDATA[{value}]]></property>\n'


def _reference(name: str, to: Ref) -> str:
    kind, identity = to
    is_user = kind == "ConfluenceUserImpl"
    key = f'<id name="key"><![CDATA[{identity}]]>' if is_user else f'<id name="id">{identity}'
    return (
        f'<property name="{name}" class="{kind}" package="{_PACKAGES[kind]}">{key}</id>\n'
        "</property>\n"
    )


def _collection(name: str, kind: str, identities: list[int]) -> str:
    elements = "".join(
        f'<element class="{kind}" package="{_PACKAGES[kind]}"><id name="id">{identity}</id>\n'
        "</element>\n"
        for identity in identities
    )
    return f'<collection name="{name}" class="java.util.Collection">{elements}</collection>\n'


def _user(key: str) -> Ref:
    return "ConfluenceUserImpl", key
