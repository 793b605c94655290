"""Damage and oddities that a reader copes with and notes."""

import re
from collections.abc import Callable, Iterator

from portway_assistant.samples.content_markup import a_body, common
from portway_assistant.samples.markup import Ref, an_object, collection, plain, reference, text
from portway_assistant.samples.page_changes import in_title, on_body, on_page, victim
from portway_assistant.samples.planting import Change, Plant, Spot
from portway_assistant.samples.site import Site

NOWHERE = 999_999_999_999
"""An id that no object has."""
_PARENT = re.compile(r'<property name="parent".*?</property>\n', re.DOTALL)
_CREATOR = re.compile(
    r'<property name="(?:creator|lastModifier)(?:Name)?".*?</property>\n', re.DOTALL
)
_HOME = re.compile(r'<property name="homePage".*?</property>\n', re.DOTALL)
_SPACE = re.compile(r'<property name="space".*?</property>\n', re.DOTALL)


def _with_parent(parent: Callable[[Site], int]) -> Change:
    def change(site: Site, xml: str) -> str:
        to = reference("parent", ("Page", parent(site)))
        return _PARENT.sub("", xml).replace("</object>", f"{to}</object>")

    return change


def _lost(_site: Site, _xml: str) -> None:
    return None


def _twice(_site: Site, xml: str) -> str:
    return xml + xml


def _replaced(old: str, new: str) -> Change:
    return lambda _site, xml: xml.replace(old, new)


def _removed(pattern: re.Pattern[str]) -> Change:
    return lambda _site, xml: pattern.sub("", xml)


def _no_author(_site: Site, xml: str) -> str:
    return re.sub(
        r'<property name="(creation|lastModification)Date">.*?\n', "", _CREATOR.sub("", xml)
    )


def _ring(site: Site) -> dict[Spot, Change]:
    first, second = victim(site, 4), victim(site, 5)
    return {
        Spot("page", first): _with_parent(lambda s: s.id("page", second)),
        Spot("page", second): _with_parent(lambda s: s.id("page", first)),
    }


def _title_twin(site: Site) -> dict[Spot, Change]:
    first, second = victim(site, 6), victim(site, 7)
    title = site.title(first).swapcase()

    def change(_site: Site, xml: str) -> str:
        opening = '<property name="title"><![CDATA['
        return re.sub(re.escape(opening) + r".*?\]\]>", f"{opening}{title}]]>", xml, count=1)

    return {Spot("page", second): change}


def _broken_history(site: Site) -> dict[Spot, Change]:
    page = victim(site, 8)
    first = page * site.options.revisions
    changes: dict[Spot, Change] = {}
    for number in range(first, first + site.options.revisions):
        changes[Spot("revision", number)] = lambda _site, xml: re.sub(
            r'<property name="version">\d+', '<property name="version">7', xml
        )
    return changes


def _extra_page(site: Site, number: int, title: str, *members: str) -> Iterator[str]:
    of: Ref = ("Page", site.id("planted", number))
    yield an_object("Page", of[1], text("title", title), *members)
    yield a_body(site, "planted", number, of, f"<p>{title}</p>")


def _space_ref(site: Site) -> str:
    return reference("space", ("Space", site.id("space")))


def _draft_twin(site: Site) -> Iterator[str]:
    title = site.title(victim(site, 9))
    yield from _extra_page(site, 900, title, common(site, 1, version=1, status="draft"))


def _several_roots(site: Site) -> Iterator[str]:
    for number in (901, 902):
        state = common(site, number, version=1)
        yield from _extra_page(site, number, f"Root {number}", _space_ref(site), state)


def _several_bodies(site: Site) -> Iterator[str]:
    of = site.page(victim(site, 10))
    body = a_body(site, "planted", 903, of, "")
    yield body
    yield a_body(site, "planted", 904, of, "h1. Old text in wiki markup", body_type=0)


def _stray_space(site: Site) -> Iterator[str]:
    stray: Ref = ("Space", site.id("planted", 905))
    yield an_object("Space", stray[1], text("name", "Stray"), text("key", "STRAY"))
    state = common(site, 906, version=1)
    yield from _extra_page(site, 906, "Page of another space", reference("space", stray), state)


def _unknown_class(site: Site) -> Iterator[str]:
    yield (
        '<object class="Gadget" package="com.example.gadgets">\n'
        f'<id name="id">{site.id("planted", 907)}</id>\n{text("colour", "blue")}</object>\n'
    )


def _cloud_children(site: Site) -> Iterator[str]:
    child, parent = site.id("planted", 908), site.id("planted", 909)
    listed = collection("childrens", "Page", [child])
    suffix = 'class="java.util.Collection(com.atlassian.confluence.pages.Page.childrens)"'
    listed = listed.replace('class="java.util.Collection"', suffix)
    above = reference("parent", site.page(0))
    own = (_space_ref(site), common(site, 908, version=1))
    yield from _extra_page(site, 908, "Child known to its parent only", *own)
    yield an_object("Page", parent, text("title", "Parent that lists"), listed, above, *own)
    yield a_body(site, "planted", 909, ("Page", parent), "<p>See below.</p>")


def _dangling(site: Site) -> Iterator[str]:
    lost: Ref = ("Page", NOWHERE)
    yield a_body(site, "planted", 910, lost, "<p>Whose am I?</p>")
    yield an_object(
        "Labelling",
        site.id("labelling", site.pages * 2 + site.spaces + site.options.blogposts + 1),
        reference("label", ("Label", NOWHERE)),
        reference("content", lost),
    )


def _lonely_reply(site: Site) -> Iterator[str]:
    of: Ref = ("Comment", site.id("planted", 911))
    yield an_object(
        "Comment",
        of[1],
        reference("containerContent", site.page(0)),
        reference("parent", ("Comment", NOWHERE)),
        common(site, 911, version=1),
    )
    yield a_body(site, "planted", 911, of, "<p>I agree.</p>")


def _nameless(site: Site) -> Iterator[str]:
    yield (
        '<object class="Page" package="com.atlassian.confluence.pages">\n'
        f"{text('title', 'Page without id')}{plain('version', 1)}</object>\n"
    )


def _file(
    change: Callable[[bytes], bytes | None],
) -> Callable[[Site], dict[Spot, Callable[[bytes], bytes | None]]]:
    return lambda site: {Spot("attachment", 1 % max(site.options.attachments, 1)): change}


def _no_descriptor(_properties: dict[str, str]) -> None:
    return None


def _without(key: str) -> Callable[[dict[str, str]], dict[str, str] | None]:
    return lambda properties: {name: value for name, value in properties.items() if name != key}


NOTED = (
    Plant(
        "lost-page",
        "A page is not there, though its body, its older versions and its children are.",
        "lost_page",
        changes=on_page(0, _lost),
    ),
    Plant(
        "orphan",
        "A page lies below a page that is nowhere.",
        "orphan_page",
        changes=on_page(1, _with_parent(lambda _site: NOWHERE)),
    ),
    Plant(
        "parent-deleted",
        "A page lies below a deleted page.",
        "orphan_page",
        changes=on_page(2, _with_parent(lambda site: site.id("deleted"))),
    ),
    Plant("page-ring", "Two pages lie below each other.", "cycle_broken", changes=_ring),
    Plant(
        "no-home",
        "The first space names no home page.",
        "home_chosen",
        changes=lambda _site: {Spot("space", 0): _removed(_HOME)},
    ),
    Plant(
        "home-below",
        "The home page of the first space lies below another page.",
        "home_had_parent",
        changes=lambda site: {Spot("page", 0): _with_parent(lambda s: s.id("page", victim(s, 3)))},
    ),
    Plant(
        "several-roots",
        "Two pages beside the home page have no parent.",
        "",
        objects=_several_roots,
    ),
    Plant(
        "draft-twin",
        "A draft without space has the title of a live page.",
        "draft",
        objects=_draft_twin,
    ),
    Plant(
        "broken-history",
        "The older versions of a page all have the same version number, a later one than its own.",
        "",
        changes=_broken_history,
    ),
    Plant(
        "title-twin",
        "Two pages of a space have titles that differ in case only.",
        "title_twin",
        changes=_title_twin,
    ),
    Plant(
        "invisible-character",
        "A zero-width space and a line separator in a title.",
        "",
        changes=on_page(11, in_title("\u200b\u2028")),
    ),
    Plant(
        "several-bodies",
        "A page has three bodies: its own, an empty one and an old one in wiki markup.",
        "body_duplicate",
        objects=_several_bodies,
    ),
    Plant(
        "missing-body",
        "A page has no body.",
        "body_missing",
        changes=on_body(12, _lost),
    ),
    Plant(
        "stray-space",
        "A space and a page of it that the export is not about.",
        "other_space",
        objects=_stray_space,
    ),
    Plant(
        "other-package",
        "A page's class lies in another Java package.",
        "unusual_package",
        changes=on_page(
            13,
            _replaced(
                '"com.atlassian.confluence.pages">\n<id', '"com.atlassian.confluence.spaces">\n<id'
            ),
        ),
    ),
    Plant(
        "cloud-children",
        "A page is known to be a child by its parent only, in the spelling of Cloud.",
        "completed_from_collection",
        objects=_cloud_children,
    ),
    Plant(
        "unknown-class",
        "An object of a class nobody knows.",
        "unknown_class",
        objects=_unknown_class,
    ),
    Plant("no-id", "A page without an id.", "no_id", objects=_nameless),
    Plant(
        "no-author",
        "A page without author and dates.",
        "no_creator",
        changes=on_page(14, _no_author),
    ),
    Plant(
        "no-space",
        "A page that does not say which space it is in.",
        "",
        changes=on_page(15, _removed(_SPACE)),
    ),
    Plant(
        "repeated-object",
        "A page is written twice.",
        "duplicate_object",
        changes=on_page(16, _twice),
    ),
    Plant(
        "dangling-reference",
        "A body and a label of a page that is nowhere.",
        "owner_missing",
        objects=_dangling,
    ),
    Plant(
        "reply-without-parent",
        "A comment answers one that is not there.",
        "reply_without_parent",
        objects=_lonely_reply,
    ),
    Plant(
        "missing-file",
        "The bytes of an attachment are not there.",
        "file_missing",
        files=_file(lambda _data: None),
    ),
    Plant(
        "empty-file",
        "The file of an attachment has no bytes.",
        "file_empty",
        files=_file(lambda _data: b""),
    ),
    Plant(
        "short-file",
        "The file of an attachment is shorter than it should be.",
        "file_size_differs",
        files=_file(lambda data: data[: len(data) // 2]),
    ),
    Plant(
        "file-without-record",
        "A file under attachments/ that no record names.",
        "file_without_record",
        extra_files=lambda site: {f"attachments/{site.id('page')}/{NOWHERE}/54": b"whose?"},
    ),
    Plant(
        "no-descriptor",
        "exportDescriptor.properties is not there.",
        "package",
        descriptor=_no_descriptor,
    ),
    Plant(
        "no-timezone",
        "The descriptor names no time zone.",
        "zone_unknown",
        descriptor=_without("timezoneId"),
    ),
)
"""What the reader copes with and notes."""
