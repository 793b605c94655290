"""Which id a group gets: the same one again for the same site and name."""

import uuid

_GROUPS = uuid.UUID("0c6b7f52-93d1-5f0e-8a44-6b1f0a9d2e77")


def group_id_by_name(site_key: str, name_key: str) -> str:
    """Return the id of the group with a name, given in its folded form."""
    return str(uuid.uuid5(_GROUPS, f"{site_key}\n{name_key}"))
