"""What a check before a migration must find: one cause each, by name."""

import re
from collections.abc import Callable, Iterator

from portway_assistant.samples.content_markup import common
from portway_assistant.samples.contents import restrictions
from portway_assistant.samples.markup import Ref, an_object, plain, reference, text
from portway_assistant.samples.people import a_group, a_membership
from portway_assistant.samples.planting import Change, Plant, Spot
from portway_assistant.samples.site import UNKNOWN_KEY, Site
from portway_assistant.samples.spaces import a_permission, subject

RESERVED_GROUPS = (
    "site-admins",
    "system-administrators",
    "atlassian-addons",
    "atlassian-addons-admin",
    "org-admins",
)
_EMAIL = re.compile(r'(<property name="email(?:Address)?"><!\[CDATA\[).*?(\]\]></property>)')


def _with_email(user: int, address: Callable[[Site], str]) -> Callable[[Site], dict[Spot, Change]]:
    def change(site: Site, xml: str) -> str:
        return _EMAIL.sub(lambda found: f"{found[1]}{address(site)}{found[2]}", xml)

    return lambda site: {Spot("account", user % max(site.options.users, 1)): change}


def _domain(user: int, domain: str) -> Callable[[Site], dict[Spot, Change]]:
    return _with_email(user, lambda site: f"{site.username(user)}@{domain}")


def _in_directory(extra: Callable[[Site], Iterator[str]]) -> Callable[[Site], Iterator[str]]:
    """Plant only where a directory is exported, in its newer model."""

    def planted(site: Site) -> Iterator[str]:
        if site.options.has_directory and not site.options.names_people:
            yield from extra(site)

    return planted


def _groups(place: int, *names: str) -> Callable[[Site], Iterator[str]]:
    def planted(site: Site) -> Iterator[str]:
        for number, name in enumerate(names, start=site.groups + place):
            yield a_group(site, number, name)
            membership = (site.options.users + 100) * 4 + number
            yield a_membership(site, membership, number, user=number % max(site.options.users, 1))

    return _in_directory(planted)


def _nested(site: Site) -> Iterator[str]:
    membership = (site.options.users + 100) * 4 + site.groups + 20
    yield a_membership(site, membership, 0, member=1)
    yield a_membership(site, membership + 1, 1, member=0)


def _permission(
    number: int, who: Callable[[Site], str], *kinds: str
) -> Callable[[Site], Iterator[str]]:
    def planted(site: Site) -> Iterator[str]:
        first = site.spaces * 64 + number
        for identity, kind in enumerate(kinds or ("VIEWSPACE",), start=first):
            yield a_permission(site, identity, 0, kind, who(site))

    return planted


def _key_clash(site: Site) -> Iterator[str]:
    for number, (key, status) in enumerate(
        ((site.space_key(0).swapcase(), "CURRENT"), (site.space_key(0).title(), "ARCHIVED"))
    ):
        of: Ref = ("Space", site.id("planted", 960 + number * 2))
        home: Ref = ("Page", site.id("planted", 961 + number * 2))
        yield an_object(
            "Space",
            of[1],
            text("name", f"Key in another case {number}"),
            text("key", key),
            reference("homePage", home),
            plain("spaceStatus", status),
        )
        state = common(site, number, version=1)
        yield an_object("Page", home[1], text("title", "Home"), reference("space", of), state)


def _restricted(site: Site) -> Iterator[str]:
    for _, _, xml in restrictions(site, 0, always=True):
        yield xml


def _by_nobody(site: Site) -> Iterator[str]:
    yield an_object(
        "Page",
        site.id("planted", 970),
        text("title", "By somebody unknown"),
        reference("space", ("Space", site.id("space"))),
        reference("creator", ("ConfluenceUserImpl", UNKNOWN_KEY)),
        plain("creationDate", "2020-01-02 03:04:05.000"),
        plain("version", 1),
        text("contentStatus", "current"),
    )


def _foreign_macro(site: Site) -> Iterator[str]:
    page: Ref = ("Page", site.id("planted", 971))
    yield an_object(
        "Page",
        page[1],
        text("title", "With macros of apps"),
        reference("space", ("Space", site.id("space"))),
        common(site, 971, version=1),
    )
    macros = "".join(
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" />'
        for name in ("gliffy", "drawio", "ui-tabs", "jira")
    )
    yield an_object(
        "BodyContent",
        site.id("planted_body", 971),
        text("body", macros),
        reference("content", page),
        plain("bodyType", 2),
    )


CAUSES = {
    plant.name: plant
    for plant in (
        Plant(
            "invalid-email",
            "An account's address has no domain.",
            "e-mail",
            changes=_with_email(2, lambda site: f"{site.username(2)}.at.example.com"),
        ),
        Plant(
            "missing-email",
            "An account has no address.",
            "e-mail",
            changes=_with_email(3, lambda _site: ""),
        ),
        Plant(
            "duplicate-email",
            "Two accounts have one address, in different case.",
            "e-mail",
            changes=_with_email(5, lambda site: site.email(4).upper()),
        ),
        Plant(
            "shared-domain",
            "Three accounts have addresses of public mail services.",
            "domains",
            changes=lambda site: {
                **_domain(6, "gmail.com")(site),
                **_domain(7, "outlook.com")(site),
                **_domain(8, "gmail.com")(site),
            },
        ),
        Plant(
            "unknown-domain",
            "An account's domain is one nobody has decided on.",
            "domains",
            changes=_domain(9, "never-seen-before.example"),
        ),
        Plant(
            "disabled-user",
            "An account that wrote pages is disabled.",
            "people",
            changes=lambda site: {
                Spot("account", 1 % max(site.options.users, 1)): lambda _site, xml: xml.replace(
                    '<property name="active">true', '<property name="active">false'
                )
            },
        ),
        Plant(
            "unknown-user", "A page by somebody no record explains.", "people", objects=_by_nobody
        ),
        Plant(
            "deleted-user",
            "A user key whose account is gone from the directory.",
            "people",
            changes=lambda site: {
                Spot("account", 10 % max(site.options.users, 1)): lambda _site, _xml: None
            },
        ),
        Plant(
            "group-clash",
            "Groups of names a cloud site has of its own.",
            "groups",
            objects=_groups(40, "confluence-users-cloud", "jira-software-users", "Administrators"),
        ),
        Plant(
            "group-case-clash",
            "Two groups whose names differ in case only.",
            "groups",
            objects=_groups(50, "Night-Shift", "night-shift"),
        ),
        Plant(
            "reserved-group",
            "The five groups that never move, with members.",
            "groups",
            objects=_groups(60, *RESERVED_GROUPS),
        ),
        Plant(
            "nested-group",
            "Two groups that are members of each other.",
            "groups",
            objects=_in_directory(_nested),
        ),
        Plant(
            "missing-group",
            "Space permissions of a group that is not in the package.",
            "permissions",
            objects=_permission(
                16, lambda site: subject(site, group="left-long-ago"), "VIEWSPACE", "EDITSPACE"
            ),
        ),
        Plant(
            "public-space",
            "Everybody may view the first space without signing in.",
            "permissions",
            objects=_permission(20, subject, "VIEWSPACE", "COMMENT"),
        ),
        Plant(
            "signed-in-space",
            "A class of people nobody knows may view the first space.",
            "permissions",
            objects=_permission(24, lambda _site: text("allUsersSubject", "authenticated-users")),
        ),
        Plant(
            "restricted-page",
            "The home page of the first space may be viewed and edited by few.",
            "restrictions",
            objects=_restricted,
        ),
        Plant(
            "space-key-clash",
            "Two more spaces, one archived, whose keys differ in case only.",
            "spaces",
            objects=_key_clash,
        ),
        Plant(
            "foreign-macro",
            "A page with macros of apps that do not move.",
            "apps",
            objects=_foreign_macro,
        ),
    )
}
