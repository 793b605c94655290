"""Pages, blog posts, comments and attachments of a sample, and what goes with each."""

from collections.abc import Iterator

from portway_assistant.samples.bodies import page_body, short_body, wiki_body
from portway_assistant.samples.content_markup import a_body, a_property, common, person
from portway_assistant.samples.files import media_type, size_of
from portway_assistant.samples.markup import (
    Ref,
    an_object,
    collection,
    constant,
    plain,
    reference,
    text,
)
from portway_assistant.samples.numbers import date_of, spread
from portway_assistant.samples.people import Written
from portway_assistant.samples.site import LABELS, Site

_SEARCH = "com.atlassian.confluence.search.service"


def pages(site: Site) -> Iterator[Written]:
    """Yield the pages in no particular order, each among what belongs to it."""
    for page in spread(site.pages):
        of = site.page(page)
        yield "page_body", page, _page_body(site, page, of)
        yield from _revisions(site, page)
        yield "page", page, _page(site, page)
        yield from _beside(site, page, of)
    yield from _not_current(site)


def blog_posts(site: Site) -> Iterator[Written]:
    """Yield the blog posts."""
    for post in range(site.options.blogposts):
        of: Ref = ("BlogPost", site.id("blog", post))
        yield "blog_body", post, a_body(site, "blog", post, of, short_body(site, "blog", post))
        yield (
            "blog",
            post,
            an_object(
                "BlogPost",
                of[1],
                *_title(f"News {post}: {site.lexicon.phrase(site.chance('news', post))}"),
                _space(site, site.space_of(post)),
                common(site, post + 7, version=1 + post % 3),
            ),
        )
        if post % 2 == 0:
            labelling = site.pages * 2 + site.spaces + post
            yield "labelling", labelling, _labelling(site, labelling, of, post)


def comments(site: Site) -> Iterator[Written]:
    """Yield the comments: threads, inline ones, resolved ones, and some that were deleted."""
    field = "owner" if site.options.is_old else "containerContent"
    for comment in spread(site.options.comments):
        of: Ref = ("Comment", site.id("comment", comment))
        above = site.comment_parent(comment)
        parent = (
            () if above is None else (reference("parent", ("Comment", site.id("comment", above))),)
        )
        yield (
            "comment",
            comment,
            an_object(
                "Comment",
                of[1],
                reference(field, site.comment_host(comment)),
                *parent,
                common(site, comment + 13, version=1),
            ),
        )
        body = short_body(site, "comment", comment)
        yield "comment_body", comment, a_body(site, "comment", comment, of, body)
        if site.is_inline(comment):
            yield from _inline(site, comment, of)
    for comment in range(site.options.comments // 50):
        gone: Ref = ("Comment", site.id("gone_comment", comment))
        state = common(site, comment, version=1, status="deleted")
        host = reference(field, site.comment_host(comment))
        yield "gone_comment", comment, an_object("Comment", gone[1], host, state)


def attachments(site: Site) -> Iterator[Written]:
    """Yield the attachments, their older versions, and some in the trash."""
    for attachment in range(site.options.attachments):
        of: Ref = ("Attachment", site.id("attachment", attachment))
        older = site.has_older_file(attachment)
        yield from _attachment(site, attachment, of, version=2 if older else 1)
        if older:
            old: Ref = ("Attachment", site.id("attachment_revision", attachment))
            yield from _attachment(site, attachment, old, version=1, original=of)
    for attachment in range(site.options.attachments // 40):
        gone: Ref = ("Attachment", site.id("gone_attachment", attachment))
        yield from _attachment(site, attachment, gone, version=1, status="deleted")


def _page_body(site: Site, page: int, of: Ref) -> str:
    if site.options.names_people:
        return a_body(site, "page", page, of, wiki_body(site, page), body_type=0)
    return a_body(site, "page", page, of, page_body(site, page))


def _page(site: Site, page: int) -> str:
    above = site.parent(page)
    parent = () if above is None else (reference("parent", site.page(above)),)
    position = (plain("position", page % 97),) if page % 11 else ('<property name="position"/>\n',)
    return an_object(
        "Page",
        site.id("page", page),
        *_title(site.title(page)),
        *(_lists(site, page) if site.options.is_old else ()),
        _space(site, site.space_of(page)),
        *parent,
        *position,
        common(site, page, version=site.options.revisions + 1),
    )


def _lists(site: Site, page: int) -> Iterator[str]:
    """Yield the collections in which older exports list what belongs to a page."""
    labels = [site.id("labelling", number) for number in _labellings(site, page)]
    revisions = (
        site.id("revision", page * site.options.revisions + number)
        for number in range(site.options.revisions)
    )
    yield collection("bodyContents", "BodyContent", [site.id("page_body", page)])
    yield collection("children", "Page", (site.id("page", n) for n in site.children(page)))
    yield collection("historicalVersions", "Page", revisions)
    yield collection(
        "attachments", "Attachment", (site.id("attachment", n) for n in site.attachments_of(page))
    )
    yield collection("comments", "Comment", (site.id("comment", n) for n in site.comments_of(page)))
    yield collection("labellings", "Labelling", labels)


def _revisions(site: Site, page: int) -> Iterator[Written]:
    for version in range(site.options.revisions):
        number = page * site.options.revisions + version
        of: Ref = ("Page", site.id("revision", number))
        body = page_body(site, page, version=version)
        yield "revision_body", number, a_body(site, "revision", number, of, body)
        yield (
            "revision",
            number,
            an_object(
                "Page",
                of[1],
                *_title(site.title(page)),
                common(
                    site,
                    page,
                    version=version + 1,
                    original=site.page(page),
                    comment=f"Edit {version + 1}",
                ),
            ),
        )


def _beside(site: Site, page: int, of: Ref) -> Iterator[Written]:
    """Yield what goes with a page: properties, labels, likes, watches, restrictions, links."""
    names = ("sync-rev", "share-id", "macro-count.toc")[: page % 4]
    for number, name in enumerate(names, start=page * 4):
        value: str | int = page % 5 if name.startswith("macro") else f"{number:024x}"
        yield "property", number, a_property(site.id("property", number), of, name, value)
    for number in _labellings(site, page):
        yield "labelling", number, _labelling(site, number, of, number * 5 + page)
    for number in range(page * 4, page * 4 + (page % 4 if page % 3 == 0 else 0)):
        yield (
            "like",
            number,
            an_object(
                "LikeEntity",
                site.id("like", number),
                reference("content", of),
                person(site, "user", "username", number),
                plain("creationDate", date_of(number)),
            ),
        )
    if page % 6 == 1:
        yield "watch", page, _watch(site, page, of)
    if not site.options.plain:
        yield from restrictions(site, page)
    other = site.other_page(site.chance("link", page), page)
    yield (
        "link",
        page,
        an_object(
            "OutgoingLink",
            site.id("link", page),
            text("destinationPageTitle", site.title(other)),
            text("destinationSpaceKey", site.space_key(site.space_of(other))),
            reference("sourceContent", of),
            plain("creationDate", date_of(page)),
        ),
    )


def restrictions(site: Site, page: int, *, always: bool = False) -> Iterator[Written]:
    """Yield who may view and edit a page, for the pages that are restricted."""
    place = site.place(page)
    for number, (kind, is_here) in enumerate(
        (("View", place % 23 == 7), ("Edit", place % 31 == 9))
    ):
        if not is_here and not always:
            continue
        owner = page * 2 + number
        entries = [
            ("userSubject", person(site, "userSubject", "userName", page)),
            ("userSubject", person(site, "userSubject", "userName", page + 1)),
            ("groupName", text("groupName", site.group_name(page % site.groups))),
        ]
        yield (
            "set",
            owner,
            an_object(
                "ContentPermissionSet",
                site.id("set", owner),
                text("type", kind),
                reference("owningContent", site.page(page)),
                plain("creationDate", date_of(page)),
                collection(
                    "contentPermissions",
                    "ContentPermission",
                    (site.id("set_entry", owner * 4 + n) for n in range(len(entries))),
                ),
            ),
        )
        for entry, (_, who) in enumerate(entries, start=owner * 4):
            yield (
                "set_entry",
                entry,
                an_object(
                    "ContentPermission",
                    site.id("set_entry", entry),
                    text("type", kind),
                    who,
                    reference("owningSet", ("ContentPermissionSet", site.id("set", owner))),
                    plain("creationDate", date_of(entry)),
                ),
            )


def _not_current(site: Site) -> Iterator[Written]:
    """Yield drafts, archived and deleted pages, and content of apps."""
    for number in range(site.drafts):
        is_new = number % 3 == 2
        edits = None if is_new else site.page(number % site.pages)
        title = f"Unfinished {number}" if is_new else site.title(number % site.pages)
        space = () if is_new else (_space(site, site.space_of(number % site.pages)),)
        state = common(site, number, version=1, status="draft", original=edits)
        yield from _bodied(site, "draft", number, *_title(title), *space, state)
    for block, count in (("archived", site.archived), ("deleted", site.deleted)):
        for number in range(count):
            page = number % site.pages
            yield from _bodied(
                site,
                block,
                number,
                *_title(f"{block.title()} page {number}"),
                _space(site, site.space_of(page)),
                reference("parent", site.page(page)),
                common(site, number, version=2, status=block),
            )
    for number in range(site.pages // 50 + 1):
        of: Ref = ("CustomContentEntityObject", site.id("custom", number))
        yield (
            "custom",
            number,
            an_object(
                "CustomContentEntityObject",
                of[1],
                text("title", f"Note {number}"),
                text("pluginModuleKey", "com.example.notes.server:note"),
                text("pluginVersion", "1.0.0"),
                reference("containerContent", site.page(number % site.pages)),
                _space(site, site.space_of(number % site.pages)),
                common(site, number, version=1),
            ),
        )
        body = f'{{"pinned": true, "number": {number}}}'
        yield "custom_body", number, a_body(site, "custom", number, of, body, body_type=1)


def _bodied(site: Site, block: str, number: int, *members: str) -> Iterator[Written]:
    of: Ref = ("Page", site.id(block, number))
    yield block, number, an_object("Page", of[1], *members)
    body = short_body(site, block, number)
    yield f"{block}_body", number, a_body(site, block, number, of, body)


def _inline(site: Site, comment: int, of: Ref) -> Iterator[Written]:
    facts: dict[str, str | int] = {
        "inline-comment": "true",
        "inline-marker-ref": site.marker(comment),
        "inline-original-selection": f"marked text {comment}",
        "status": "resolved" if comment % 12 == 0 else "open",
    }
    if comment % 12 == 0:
        facts["status-lastmodifier"] = site.key(comment)
        facts["status-lastmoddate"] = 1_700_000_000_000 + comment
    first = (site.pages + comment) * 6
    for number, (name, value) in enumerate(facts.items(), start=first):
        yield "property", number, a_property(site.id("property", number), of, name, value)


def _attachment(
    site: Site,
    attachment: int,
    of: Ref,
    *,
    version: int,
    original: Ref | None = None,
    status: str = "current",
) -> Iterator[Written]:
    host = site.attachment_host(attachment)
    name = site.attachment_name(attachment)
    size = size_of(site, attachment, version)
    block = "attachment" if original is None else "attachment_revision"
    if status == "deleted":
        block = "gone_attachment"
        name = f"deleted {name}"
    if site.options.is_old:
        members = (
            text("fileName", name),
            text("contentType", media_type(name)),
            plain("fileSize", size),
            reference("content", host),
        )
        version_field = "attachmentVersion"
    else:
        members = (
            *_title(name),
            reference("containerContent", host),
            _space(site, site.attachment_space(attachment)),
        )
        version_field = "version"
    state = common(
        site,
        attachment + 5,
        version=version,
        status=status,
        original=original,
        version_field=version_field,
    )
    yield block, attachment, an_object("Attachment", of[1], *members, state)
    if not site.options.is_old:
        offset = {"attachment": 0, "attachment_revision": 2, "gone_attachment": 4}[block]
        first = (site.pages + site.options.comments + attachment) * 6 + offset
        facts: tuple[tuple[str, str | int], ...] = (
            ("MEDIA_TYPE", media_type(name)),
            ("FILESIZE", size),
        )
        for number, (key, value) in enumerate(facts, start=first):
            yield "property", number, a_property(site.id("property", number), of, key, value)


def _labellings(site: Site, page: int) -> range:
    return range(page * 2, page * 2 + (1 + page % 2 if page % 3 == 0 else 0))


def _labelling(site: Site, number: int, of: Ref, label: int) -> str:
    return an_object(
        "Labelling",
        site.id("labelling", number),
        reference("label", ("Label", site.id("label", label % len(LABELS)))),
        reference("content", of),
        plain("labelableId", of[1]),
        text("labelableType", "CONTENT"),
        plain("creationDate", date_of(number)),
    )


def _watch(site: Site, page: int, of: Ref) -> str:
    return an_object(
        "Notification",
        site.id("watch", page),
        plain("digest", "false"),
        plain("network", "false"),
        constant("type", "ContentTypeEnum", _SEARCH, "page"),
        reference("content", of),
        person(site, "receiver", "userName", page),
        plain("creationDate", date_of(page)),
    )


def _title(title: str) -> tuple[str, str]:
    return text("title", title), text("lowerTitle", title.lower())


def _space(site: Site, space: int) -> str:
    return reference("space", ("Space", site.id("space", space)))
