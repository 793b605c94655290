"""Accounts as the product REST shows them."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from portway_cloud_site.bulk.item_parts import Email, Name, UserKey
from portway_cloud_site.messages import Message

MAX_ACCOUNTS = 250


class ProfilePicture(Message):
    """Where an account's picture lies; every account here has the default one."""

    path: str
    is_default: bool


class User(Message):
    """An account, as `users-bulk` gives it."""

    account_id: str
    account_type: str
    account_status: str
    email: str
    display_name: str
    public_name: str
    time_zone: str | None
    personal_space_id: str | None
    is_external_collaborator: bool
    profile_picture: ProfilePicture


class ClaimRequest(Message):
    """Who a placeholder is."""

    source_key: UserKey
    email: Email
    display_name: Name | None = None
    access: bool = False
    with_rights: bool = False


class UsersRequest(Message):
    """Accounts to look up."""

    model_config = ConfigDict(extra="ignore")

    account_ids: list[Annotated[str, StringConstraints(min_length=1, max_length=128)]] = Field(
        min_length=1, max_length=MAX_ACCOUNTS
    )
