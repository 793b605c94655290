"""The items that say who is who: users, groups and memberships."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from portway_cloud_site.bulk.item_parts import Email, GroupKey, ItemBase, Name, UserKey, key_of
from portway_cloud_site.groups.tables import MAX_GROUP_NAME


class UserItem(ItemBase):
    """Somebody, known by e-mail or by key only."""

    kind: Literal["user"]
    source_key: UserKey
    email: Email | None
    display_name: Name
    active: bool
    access: bool
    placeholder: bool


class GroupItem(ItemBase):
    """A group; `merge` allows it to join one of the same name that is there."""

    kind: Literal["group"]
    source_key: GroupKey
    name: Annotated[str, StringConstraints(min_length=1, max_length=MAX_GROUP_NAME)]
    description: str | None
    merge: bool


class MembershipItem(ItemBase):
    """Somebody in a group."""

    kind: Literal["membership"]
    source_key: Annotated[str, key_of("membership")]
    group: GroupKey
    user: UserKey
