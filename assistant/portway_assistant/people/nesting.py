"""Groups in groups: who belongs to a group through which others. Pure."""

from collections.abc import Iterable, Mapping


def close(nesting: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return, for each group that holds others, every group below it, sorted.

    `nesting` are pairs of a group and a group in it. Circles are followed once, and nobody is
    below themselves.
    """
    children: dict[str, set[str]] = {}
    for group, member in nesting:
        children.setdefault(group, set()).add(member)
    return {group: _below(group, children) for group in sorted(children)}


def _below(group: str, children: Mapping[str, set[str]]) -> list[str]:
    found: set[str] = set()
    ahead = [group]
    while ahead:
        for member in children.get(ahead.pop(), ()):
            if member not in found and member != group:
                found.add(member)
                ahead.append(member)
    return sorted(found)
