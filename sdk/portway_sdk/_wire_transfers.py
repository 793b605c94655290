"""Several transfers of one app, as a listener declares them, and what can be wrong with that.

Source: wire contract, 1.8, 2.6 and 13.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, PlainSerializer

from portway_scopes import AccessScope
from portway_sdk._wire_base import WireModel

TRANSFERS_LIMIT = 100
"""Transfers one app may declare."""

NAME_LIMIT = 200
"""Characters of a transfer's name or tag."""


def _sorted_scopes(scopes: frozenset[AccessScope] | None) -> list[str] | None:
    return None if scopes is None else sorted(scopes)


class TransferDefinition(WireModel):
    """One of several transfers of an app (wire contract, 1.8 and 13)."""

    transfer_name: str = Field(min_length=1, max_length=NAME_LIMIT)
    access_scopes: Annotated[
        frozenset[AccessScope] | None,
        PlainSerializer(_sorted_scopes, return_type=list[str] | None),
    ] = None
    """What this transfer needs of the app's scopes; None: all of them."""
    tags: tuple[Annotated[str, Field(max_length=NAME_LIMIT)], ...] = ()
    depends_on: tuple[str, ...] = ()
    """Names of transfers that must have succeeded before this one starts."""
    blocking: bool = True
    """Whether the customer has to wait for its end before work goes on in the cloud."""


class CustomFieldMapping(WireModel):
    """A custom field of a Jira server app, and the cloud app's field that takes over."""

    field_name: str | None = None
    """None means every field of the type; Forge only."""
    field_type_key: str = Field(min_length=1)
    cloud_field_key: str = Field(min_length=1)


def find_transfer_faults(
    definitions: Sequence[TransferDefinition], scopes: frozenset[AccessScope]
) -> list[str]:
    """Return what is wrong with the transfers an app declares: one sentence each."""
    names = [definition.transfer_name for definition in definitions]
    faults = [
        f"transfer {name} is declared twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    for definition in definitions:
        name = definition.transfer_name
        unknown = [other for other in definition.depends_on if other not in names]
        faults += [
            f"transfer {name} depends on {other}, which is not declared" for other in unknown
        ]
        for scope in sorted((definition.access_scopes or frozenset()) - scopes):
            faults.append(f"transfer {name} needs {scope}, which the app does not declare")
    if len(definitions) > TRANSFERS_LIMIT:
        faults.append(f"an app has at most {TRANSFERS_LIMIT} transfers")
    if not faults and (circle := _find_circle(definitions)):
        faults.append(f"transfers wait for each other: {' -> '.join(circle)}")
    return faults


def _find_circle(definitions: Sequence[TransferDefinition]) -> list[str]:
    """Return names that depend on each other in a circle, or nothing."""
    needs = {definition.transfer_name: definition.depends_on for definition in definitions}
    sound: set[str] = set()
    for start in needs:
        path: list[str] = [start]
        left = [iter(needs[start])]
        while path:
            following = next(left[-1], None)
            if following is None:
                sound.add(path.pop())
                left.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in sound:
                path.append(following)
                left.append(iter(needs[following]))
    return []
