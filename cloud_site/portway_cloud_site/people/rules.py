"""Which account somebody gets: the same one again for the same site and identity."""

import uuid

_ACCOUNTS = uuid.UUID("6f1d2c0e-7a55-5d0b-9a3c-712020712020")


def account_id_by_email(site_key: str, email_key: str) -> str:
    """Return the account id of the holder of an e-mail address, given in its folded form."""
    return _account_id(site_key, "email", email_key)


def account_id_by_source(site_key: str, source: str, source_key: str) -> str:
    """Return the account id of somebody known only by the key at a source."""
    return _account_id(site_key, "source", source, source_key)


def account_id_of_app(site_key: str, app_key: str) -> str:
    """Return the account id an app acts under."""
    return _account_id(site_key, "app", app_key)


def account_id_of_admin(site_key: str, admin_name: str) -> str:
    """Return the account id an admin acts under."""
    return _account_id(site_key, "admin", admin_name)


def _account_id(*identity: str) -> str:
    return f"712020:{uuid.uuid5(_ACCOUNTS, chr(10).join(identity))}"
