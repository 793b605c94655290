"""The spaces of a sample, with descriptions, permissions, templates, labels and watches."""

from collections.abc import Iterator

from portway_assistant.samples.bodies import short_body
from portway_assistant.samples.content_markup import a_body, person
from portway_assistant.samples.markup import (
    Ref,
    an_object,
    collection,
    constant,
    null,
    plain,
    reference,
    text,
)
from portway_assistant.samples.numbers import date_of
from portway_assistant.samples.people import Written
from portway_assistant.samples.site import (
    ADMIN_PERMISSIONS,
    ADMINS_GROUP,
    LABELS,
    PERMISSIONS,
    USERS_GROUP,
    Site,
)

_C = "com.atlassian.confluence"
_PERMISSIONS_OF_A_SPACE = 64
"""Ids kept for the permissions of one space."""


def spaces(site: Site) -> Iterator[Written]:
    """Yield every space and what belongs to it alone."""
    for label, name in enumerate(LABELS):
        yield (
            "label",
            label,
            an_object(
                "Label",
                site.id("label", label),
                text("name", name),
                text("namespace", "global"),
                plain("creationDate", date_of(label)),
            ),
        )
    for space in range(site.spaces):
        permissions = list(_permissions(site, space))
        yield (
            "space",
            space,
            _space(site, space, [site.id("permission", n) for n, _ in permissions]),
        )
        yield from _description(site, space)
        for number, xml in permissions:
            yield "permission", number, xml
        for number in range(2):
            yield "template", space * 2 + number, _template(site, space, space * 2 + number)
        yield "space_watch", space, _watch(site, space)
    if site.options.has_directory:
        last = site.spaces * 2
        yield "template", last, _template(site, None, last)
        yield from _global_permissions(site)


def subject(site: Site, *, user: int | None = None, group: str | None = None) -> str:
    """Write who holds a permission; nobody at all is how anonymous is written."""
    if user is not None:
        return person(site, "userSubject", "userName", user)
    return text("group", group) if group else ""


def a_permission(site: Site, number: int, space: int | None, kind: str, who: str) -> str:
    """Write a permission of a space, or a global one."""
    of = () if space is None else (reference("space", ("Space", site.id("space", space))),)
    return an_object(
        "SpacePermission",
        site.id("permission", number),
        text("type", kind),
        who,
        plain("creationDate", date_of(number)),
        plain("lastModificationDate", date_of(number)),
        *of,
    )


def _space(site: Site, space: int, permissions: list[int]) -> str:
    key = site.space_key(space)
    name = f"{key.strip('~').title()} space"
    lists = (collection("permissions", "SpacePermission", permissions),)
    status = "ARCHIVED" if site.is_archived_space(space) else "CURRENT"
    return an_object(
        "Space",
        site.id("space", space),
        text("name", name),
        text("key", key),
        text("lowerKey", key.lower()),
        reference("description", ("SpaceDescription", site.id("description", space))),
        reference("homePage", site.page(space)),
        *(lists if site.options.is_old else ()),
        person(site, "creator", "creatorName", space),
        plain("creationDate", date_of(space)),
        person(site, "lastModifier", "lastModifierName", space),
        plain("lastModificationDate", date_of(space, after_days=100)),
        plain("spaceType", "personal" if site.is_personal(space) else "global"),
        constant("spaceStatus", "SpaceStatus", f"{_C}.spaces", status),
    )


def _description(site: Site, space: int) -> Iterator[Written]:
    of: Ref = ("SpaceDescription", site.id("description", space))
    yield (
        "description",
        space,
        an_object(
            "SpaceDescription",
            of[1],
            null("title"),
            reference("space", ("Space", site.id("space", space))),
            plain("version", 1),
            person(site, "creator", "creatorName", space),
            plain("creationDate", date_of(space)),
            text("contentStatus", "current"),
        ),
    )
    body = short_body(site, "description", space)
    yield "description_body", space, a_body(site, "description", space, of, body)
    yield (
        "space_label",
        space,
        an_object(
            "Labelling",
            site.id("labelling", site.pages * 2 + space),
            reference("label", ("Label", site.id("label", space % len(LABELS)))),
            reference("content", of),
            plain("labelableId", of[1]),
            text("labelableType", "CONTENT"),
        ),
    )


def _permissions(site: Site, space: int) -> Iterator[tuple[int, str]]:
    number = space * _PERMISSIONS_OF_A_SPACE
    grants = [(kind, subject(site, group=USERS_GROUP)) for kind in PERMISSIONS]
    grants += [(kind, subject(site, group=ADMINS_GROUP)) for kind in ADMIN_PERMISSIONS]
    grants += [(kind, subject(site, user=space + 1)) for kind in ADMIN_PERMISSIONS]
    if site.groups > 2:
        team = site.group_name(2 + space % (site.groups - 2))
        grants += [(kind, subject(site, group=team)) for kind in PERMISSIONS[:3]]
    if space == 0 and not site.options.plain:
        grants.append(("VIEWSPACE", subject(site)))
    if space == 1 and not site.options.plain:
        grants.append(("VIEWSPACE", text("allUsersSubject", "anonymous-users")))
    for kind, who in grants:
        yield number, a_permission(site, number, space, kind, who)
        number += 1


def _global_permissions(site: Site) -> Iterator[Written]:
    first = site.spaces * _PERMISSIONS_OF_A_SPACE
    grants = [(kind, USERS_GROUP) for kind in ("USECONFLUENCE", "CREATESPACE", "PERSONALSPACE")]
    grants += [(kind, ADMINS_GROUP) for kind in ("ADMINISTRATECONFLUENCE", "SYSTEMADMINISTRATOR")]
    for number, (kind, group) in enumerate(grants, start=first):
        who = subject(site, group=group)
        yield "permission", number, a_permission(site, number, None, kind, who)


def _template(site: Site, space: int | None, number: int) -> str:
    of = () if space is None else (reference("space", ("Space", site.id("space", space))),)
    body = (
        '<at:declarations><at:string at:name="who" /></at:declarations>'
        f'<h1>Meeting</h1><p>With <at:var at:name="who" />: '
        f"{site.lexicon.phrase(site.chance('template', number))}</p>"
    )
    return an_object(
        "PageTemplate",
        site.id("template", number),
        text("name", f"Template {number}"),
        text("description", "For a page of its own"),
        text("content", body),
        plain("bodyType", 2),
        *of,
        plain("version", 1),
        person(site, "creator", "creatorName", number),
        plain("creationDate", date_of(number)),
    )


def _watch(site: Site, space: int) -> str:
    return an_object(
        "Notification",
        site.id("watch", site.pages * 2 + space),
        plain("digest", "false"),
        reference("space", ("Space", site.id("space", space))),
        person(site, "receiver", "userName", space + 2),
        plain("creationDate", date_of(space)),
    )
