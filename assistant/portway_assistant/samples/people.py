"""The people of a sample: user keys, accounts, groups, memberships, directories and secrets."""

from collections.abc import Iterator

from portway_assistant.samples.markup import (
    an_object,
    collection,
    constant,
    null,
    plain,
    reference,
    text,
)
from portway_assistant.samples.numbers import date_of
from portway_assistant.samples.site import Site
from portway_assistant.samples.words import person_name

Written = tuple[str, int, str]
"""Block and number of an object, by which damage finds it, and the object."""

SECRET = "{PKCS5S2}bWFkZS11cC1zZWNyZXQtb2YtYS1zYW1wbGU"  # noqa: S105 - made up
"""Stands wherever a real export holds a password hash or a key."""
_CROWD = "com.atlassian.crowd"


def is_disabled(user: int) -> bool:
    """Tell whether an account is disabled."""
    return user % 17 == 16


def user_keys(site: Site) -> Iterator[Written]:
    """Yield the rows that join keys to usernames."""
    if site.options.names_people:
        return
    for user in range(site.options.users):
        name = site.username(user)
        yield (
            "user",
            user,
            an_object(
                "ConfluenceUserImpl",
                site.key(user),
                text("name", name),
                text("lowerName", name.lower()),
                null("email"),
            ),
        )


def accounts(site: Site) -> Iterator[Written]:
    """Yield directories, accounts, groups and memberships, as a site export has them."""
    if not site.options.has_directory:
        return
    if site.options.names_people:
        yield from _old_accounts(site)
        return
    yield from _directories(site)
    for user in range(site.options.users):
        yield "account", user, _account(site, user, directory=0 if user % 5 else 1)
        if user % 50 == 49:
            twin = site.options.users + user
            yield "account_twin", user, _account(site, user, directory=1, number=twin)
    for group in range(site.groups):
        yield "group", group, a_group(site, group, site.group_name(group))
    number = 0
    for user in range(site.options.users):
        for group in groups_of(site, user):
            yield "membership", number, a_membership(site, number, group, user=user)
            number += 1
    if not site.options.plain:
        for group in range(2, site.groups - 1, 4):
            yield "membership", number, a_membership(site, number, group, member=group + 1)
            number += 1


def groups_of(site: Site, user: int) -> list[int]:
    """Return the groups a user is in."""
    groups = {0, 1} if user == 0 else {0}
    if site.groups > 2:
        groups |= {2 + user % (site.groups - 2), 2 + user * 7 % (site.groups - 2)}
    return sorted(groups)


def a_group(site: Site, number: int, name: str) -> str:
    """Write a group."""
    return an_object(
        "InternalGroup",
        site.id("group", number),
        text("name", name),
        text("lowerName", name.lower()),
        plain("active", "true"),
        plain("local", "false"),
        plain("createdDate", date_of(number)),
        text("description", f"Everybody in {name}"),
        constant("type", "GroupType", f"{_CROWD}.model.group", "GROUP"),
        reference("directory", ("DirectoryImpl", site.id("directory"))),
    )


def a_membership(
    site: Site, number: int, group: int, *, user: int | None = None, member: int | None = None
) -> str:
    """Write a membership of a user or of a group."""
    if user is not None:
        who = reference("userMember", ("InternalUser", site.id("account", user)))
    else:
        who = reference("groupMember", ("InternalGroup", site.id("group", member or 0)))
    return an_object(
        "HibernateMembership",
        site.id("membership", number),
        reference("parentGroup", ("InternalGroup", site.id("group", group))),
        who,
    )


def _account(site: Site, user: int, *, directory: int, number: int | None = None) -> str:
    first, last = person_name(user)
    name = site.username(user)
    return an_object(
        "InternalUser",
        site.id("account", user if number is None else number),
        text("name", name),
        text("lowerName", name.lower()),
        plain("active", "false" if is_disabled(user) else "true"),
        plain("createdDate", date_of(user)),
        plain("updatedDate", date_of(user, after_days=1)),
        text("firstName", first),
        text("lastName", last),
        text("displayName", f"{first} {last}"),
        text("emailAddress", site.email(user)),
        null("externalId"),
        reference("directory", ("DirectoryImpl", site.id("directory", directory))),
        '<component name="credential">\n' + text("credential", SECRET) + "</component>\n",
    )


def _directories(site: Site) -> Iterator[Written]:
    mappings = [site.id("directory", 2 + number) for number in range(2)]
    kinds = (("Confluence Internal Directory", "INTERNAL"), ("Company LDAP", "CONNECTOR"))
    for number, (name, kind) in enumerate(kinds):
        yield (
            "directory",
            number,
            an_object(
                "DirectoryImpl",
                site.id("directory", number),
                text("name", name),
                plain("active", "true"),
                constant("type", "DirectoryType", f"{_CROWD}.embedded.api", kind),
                '<collection name="attributes" class="java.util.Map"><element type="string">'
                f"<![CDATA[{SECRET}]]></element></collection>\n",
            ),
        )
        yield (
            "directory_mapping",
            number,
            an_object(
                "DirectoryMapping",
                mappings[number],
                reference("directory", ("DirectoryImpl", site.id("directory", number))),
            ),
        )
    yield (
        "application",
        0,
        an_object(
            "ApplicationImpl",
            site.id("directory", 4),
            text("name", "crowd-embedded"),
            '<component name="credential">\n' + text("credential", SECRET) + "</component>\n",
            collection("directoryMappings", "DirectoryMapping", mappings),
        ),
    )
    for number, name in enumerate(("atlassian.confluence.settings", "applinks.global.key")):
        yield (
            "record",
            number,
            an_object(
                "ConfluenceBandanaRecord",
                site.id("record", number),
                text("context", "_GLOBAL"),
                text("key", name),
                text("value", f"<map><entry>{SECRET}</entry></map>"),
            ),
        )


def _old_accounts(site: Site) -> Iterator[Written]:
    """Yield users and groups of the model before Confluence 3.5."""
    for user in range(site.options.users):
        first, last = person_name(user)
        yield (
            "account",
            user,
            an_object(
                "DefaultHibernateUser",
                site.id("account", user),
                text("name", site.username(user)),
                text("password", SECRET),
                text("email", site.email(user)),
                plain("created", date_of(user)),
                text("fullName", f"{first} {last}"),
            ),
        )
    for group in range(site.groups):
        members = [u for u in range(site.options.users) if group in groups_of(site, u)]
        yield (
            "group",
            group,
            an_object(
                "DefaultHibernateGroup",
                site.id("group", group),
                text("name", site.group_name(group)),
                collection(
                    "localMembers",
                    "DefaultHibernateUser",
                    (site.id("account", member) for member in members),
                ),
            ),
        )
