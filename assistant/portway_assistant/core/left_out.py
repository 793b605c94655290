"""What a migration does not take along, in an administrator's words."""

from collections.abc import Iterable, Mapping, Sequence

from portway_assistant.exports.records import LeftOut, LeftOutReason
from portway_assistant.reports.report import EXAMPLES, NotMoved

REASONS: dict[LeftOutReason, str] = {
    LeftOutReason.DRAFT: "Drafts stay behind; only what was published moves.",
    LeftOutReason.DELETED: "It is in the trash.",
    LeftOutReason.ARCHIVED: "An archived version of something that stays behind.",
    LeftOutReason.HISTORY: (
        "An older version of something that stays behind, or of a space's description."
    ),
    LeftOutReason.OTHER_SPACE: "It belongs to a space this export is not about.",
    LeftOutReason.NO_SPACE: "Its space is not in the export.",
    LeftOutReason.NO_ID: "The export gives it no id.",
    LeftOutReason.CONTAINER_MISSING: "What it hangs on is not in the export.",
    LeftOutReason.CONTAINER_LEFT_OUT: "What it hangs on is left out.",
    LeftOutReason.OWNER_MISSING: "What it belongs to is not in the export.",
    LeftOutReason.OWNER_LEFT_OUT: "What it belongs to is left out.",
    LeftOutReason.DUPLICATE: "A second copy; the fuller, newer one is taken.",
    LeftOutReason.UNUSED: "Nothing uses it.",
    LeftOutReason.PROFILE: "Profile pages are not moved.",
    LeftOutReason.SERVER_ONLY: "It serves the running server and means nothing elsewhere.",
    LeftOutReason.SECRET: "Passwords, tokens and the like are dropped while reading.",
    LeftOutReason.UNKNOWN_CLASS: "Portway does not know what it is.",
}

_OF_THE_SITE: dict[str, str] = {
    "SpacePermission": (
        "Global permissions hold for the whole server. Set them by hand in the cloud."
    ),
    "Notification": "It is about no page and no space, such as a daily digest of the whole site.",
}
"""Why what moves with a space stays behind when it has none, by class."""

_PART, _SECRET, _INTERNAL = "part", "secret", "internal record"

_NAMES: dict[str, tuple[str, str]] = {
    _PART: ("part of something left out", "parts of things left out"),
    _SECRET: ("record with secrets", "records with secrets"),
    _INTERNAL: ("internal record", "internal records"),
    "Attachment": ("attachment", "attachments"),
    "BlogPost": ("blog post", "blog posts"),
    "BodyContent": ("text of something left out", "texts of things left out"),
    "Comment": ("comment", "comments"),
    "ContentPermission": ("page restriction entry", "page restriction entries"),
    "ContentPermissionSet": ("page restriction", "page restrictions"),
    "ContentProperty": ("content property", "content properties"),
    "CustomContentEntityObject": ("item of app content", "items of app content"),
    "Draft": ("draft", "drafts"),
    "Label": ("label", "labels"),
    "Labelling": ("label on something", "labels on things"),
    "LikeEntity": ("like", "likes"),
    "Notification": ("watch", "watches"),
    "OutgoingLink": ("entry of the link index", "entries of the link index"),
    "Page": ("page", "pages"),
    "PageTemplate": ("template", "templates"),
    "Space": ("space", "spaces"),
    "SpaceDescription": ("space description", "space descriptions"),
    "SpacePermission": ("space permission", "space permissions"),
}

# Listed last, each group in one row: nobody misses them.
_OF_NO_INTEREST = frozenset({LeftOutReason.SERVER_ONLY, LeftOutReason.UNUSED})
_ACCOUNTED_FOR = frozenset(
    {LeftOutReason.FILE_MISSING, LeftOutReason.OWN_STEP, LeftOutReason.APP_CONTENT}
)
_PARTS = frozenset({"BodyContent", "ContentProperty", "ContentPermission", "OutgoingLink"})
_WITH_THEIR_OWNER = frozenset({LeftOutReason.OWNER_LEFT_OUT, LeftOutReason.OWNER_MISSING})


def describe_left_out(
    left_out: Iterable[LeftOut], examples: Mapping[tuple[str, str], Sequence[str]]
) -> list[NotMoved]:
    """Return one row for each kind and reason; secrets, parts and internals in one each.

    Args:
        examples: Titles of some, by class and reason.
    """
    counts: dict[tuple[str, LeftOutReason], int] = {}
    for item in left_out:
        if item.reason in _ACCOUNTED_FOR:
            continue  # The run itself accounts for each of these.
        key = (_group(item), item.reason)
        if item.reason in _OF_NO_INTEREST:
            key = (_INTERNAL, LeftOutReason.SERVER_ONLY)
        counts[key] = counts.get(key, 0) + item.count
    last = (_PART, _SECRET, _INTERNAL)
    rows = sorted(counts.items(), key=lambda row: (row[0][0] in last, row[0]))
    return [
        NotMoved(
            _name(kind, count),
            count,
            REASONS[reason],
            reason.value,
            tuple(examples.get((kind, reason.value), ())),
        )
        for (kind, reason), count in rows
    ]


def describe_siteless(left_out: Iterable[LeftOut]) -> list[NotMoved]:
    """Return what of the whole site stays behind, of kinds that move where they have a space."""
    return [
        NotMoved(_name(item.kind, item.count), item.count, _OF_THE_SITE[item.kind], "of_the_site")
        for item in left_out
        if item.reason is LeftOutReason.OWN_STEP and item.kind in _OF_THE_SITE
    ]


def describe_properties(carried: int, of_the_server: Mapping[str, int]) -> list[NotMoved]:
    """Return the content properties that do not go along under their own names."""
    rows = []
    if carried:
        reason = "They arrive as what they mean: the anchor of a comment, the type of a file."
        rows.append(NotMoved(_name("ContentProperty", carried), carried, reason, "carried"))
    count = sum(of_the_server.values())
    if count:
        reason = "The old server kept its own affairs by them, such as shared editing."
        names = tuple(sorted(of_the_server, key=lambda name: (-of_the_server[name], name)))
        rows.append(
            NotMoved(
                _name("ContentProperty", count), count, reason, "server_property", names[:EXAMPLES]
            )
        )
    return rows


def describe_app_content(counts: Mapping[str, int]) -> list[NotMoved]:
    """Return what belongs to apps, by plugin key."""
    return [
        NotMoved(
            _name("CustomContentEntityObject", count),
            count,
            f"It belongs to the app {plugin}, whose vendor moves it.",
            LeftOutReason.APP_CONTENT.value,
        )
        for plugin, count in sorted(counts.items())
    ]


def _group(item: LeftOut) -> str:
    if item.reason is LeftOutReason.SECRET:
        return _SECRET
    if item.kind in _PARTS and item.reason in _WITH_THEIR_OWNER:
        return _PART
    return item.kind


def _name(kind: str, count: int) -> str:
    singular, plural = _NAMES.get(kind, (f"{kind} record", f"{kind} records"))
    return singular if count == 1 else plural
