"""Why an account or a group rightly is not as its source says."""

from portway_assistant.core.outgoing import OutgoingItem
from portway_service.item_digest import item_digest

_KEPT = {
    "access_kept": "The account could use the product here before and keeps that.",
    "address_kept": "The account has an e-mail address here and keeps it.",
}


def why_person_differs(
    item: OutgoingItem, digest: str, arrival: str, code: str | None
) -> str | None:
    """Return why an account or group differs, or None when nothing explains it.

    Args:
        digest: Of what is at the destination now.
        arrival: How it came there: `created`, `merged` or `claimed`.
        code: What the site said of it when the run sent it.
    """
    if item.kind == "group" and arrival == "merged":
        return "The group was here before and keeps its own description."
    if item.kind != "user":
        return None
    if arrival == "claimed":
        return "It was a placeholder, and somebody claimed it here."
    if arrival == "merged":
        return "The account was here before and keeps its own name and access."
    if code == "access_kept":
        with_access = item_digest("user", {**item.payload, "access": True})
        return _KEPT[code] if digest == with_access else None
    return _KEPT.get(code or "")
