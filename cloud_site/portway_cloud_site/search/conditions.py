"""From a CQL tree to conditions on the tables of pages and blog posts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true

from portway_cloud_site.content.tables import BLOG_POST, PAGE, contents
from portway_cloud_site.error_codes import CQL_INVALID
from portway_cloud_site.labels.tables import labellings, labels
from portway_cloud_site.queries import author, last_author, same_entity
from portway_cloud_site.search.parsing import Clause, Joined
from portway_cloud_site.spaces.tables import spaces
from portway_service.errors import Refusal
from portway_service.folding import fold
from portway_service.instants import parse_instant

Condition = ColumnElement[bool]

_TYPES = {"page": PAGE, "blogpost": BLOG_POST}
_NEGATED = {"!=": "=", "!~": "~", "not in": "in"}
_SPANS = {
    "%Y-%m-%d %H:%M": timedelta(minutes=1),
    "%Y-%m-%d": timedelta(days=1),
    "%Y/%m/%d": timedelta(days=1),
}

ORDERS: Mapping[str, ColumnElement[Any]] = {
    "id": contents.c.id,
    "title": contents.c.title,
    "created": contents.c.created_at,
    "lastmodified": func.coalesce(contents.c.updated_at, contents.c.created_at),
}
"""What results can be ordered by."""


def condition_of(tree: Clause | Joined | None) -> Condition:
    """Return the condition of a query; refuse fields and operators nothing is kept for."""
    if tree is None:
        return true()
    if isinstance(tree, Joined):
        parts = [condition_of(part) for part in tree.parts]
        if tree.by == "not":
            return not_(parts[0])
        return and_(*parts) if tree.by == "and" else or_(*parts)
    return _clause(tree)


def _clause(clause: Clause) -> Condition:
    operator = _NEGATED.get(clause.operator, clause.operator)
    if operator == "in":
        one = or_(*(_test(clause.field, "=", value) for value in clause.values))
    else:
        one = _test(clause.field, operator, clause.values[0])
    return not_(one) if clause.operator in _NEGATED else one


def _test(field: str, operator: str, value: str) -> Condition:
    if field in {"created", "lastmodified"} and operator != "~":
        return _dated(field, operator, value)
    rule = _RULES.get((field, operator))
    if rule is None:
        dates = {f"{name} {sign}" for name in ("created", "lastmodified") for sign in "<=>"}
        known = ", ".join(sorted({f"{name} {sign}" for name, sign in _RULES} | dates))
        raise Refusal(CQL_INVALID, problem=f"`{field} {operator}` is not known; known are {known}")
    return rule(value)


def _type(value: str) -> Condition:
    kind = _TYPES.get(value.lower())
    if kind is None:
        raise Refusal(CQL_INVALID, problem=f"only pages and blog posts are searched, not {value!r}")
    return contents.c.kind == kind


def _id(column: ColumnElement[Any]) -> Callable[[str], Condition]:
    def rule(value: str) -> Condition:
        if not (value.isascii() and value.isdecimal() and len(value) <= 18):
            raise Refusal(CQL_INVALID, problem=f"{value!r} is no id")
        return column == int(value)

    return rule


def _below(value: str) -> Condition:
    """Return the condition of lying below a page, at any depth."""
    is_child = _id(contents.c.parent_id)(value)
    page = contents.alias("below")
    top = select(contents.c.site_id, contents.c.id).where(is_child)
    tree = top.cte("tree", recursive=True)
    tree = tree.union(
        select(page.c.site_id, page.c.id).where(
            page.c.site_id == tree.c.site_id, page.c.parent_id == tree.c.id
        )
    )
    return exists().where(tree.c.site_id == contents.c.site_id, tree.c.id == contents.c.id)


def _macro(value: str) -> Condition:
    """Return the condition of using a macro, as Confluence writes it: the name comes first."""
    quoted = value.replace("&", "&amp;").replace('"', "&quot;")
    storage = [f'<ac:{tag} ac:name="{quoted}"' for tag in ("structured-macro", "macro")]
    wiki = [f"{{{value}}}", f"{{{value}:"]
    in_storage = or_(*(contents.c.body.contains(text, autoescape=True) for text in storage))
    in_wiki = or_(*(contents.c.body.contains(text, autoescape=True) for text in wiki))
    return or_(
        and_(contents.c.representation == "storage", in_storage),
        and_(contents.c.representation == "wiki", in_wiki),
    )


def _title(value: str) -> Condition:
    return or_(contents.c.title == value, func.coalesce(contents.c.title_key, "") == fold(value))


def _has_words(column: ColumnElement[Any], value: str) -> Condition:
    """Return the condition that every word of a text occurs; `*` at an end is what it means."""
    words = [word.strip("*") for word in value.split()]
    return and_(true(), *(column.icontains(word, autoescape=True) for word in words if word))


def _label(value: str) -> Condition:
    prefix, colon, name = value.partition(":")
    named = labels.c.name == (name if colon else value)
    if colon:
        named = and_(named, labels.c.prefix == prefix)
    return exists().where(
        labellings.c.site_id == contents.c.site_id,
        labellings.c.container_id == contents.c.id,
        same_entity(labels, labellings.c.site_id, labellings.c.label_id),
        named,
    )


def _dated(field: str, operator: str, value: str) -> Condition:
    """Return the condition on a date; one without a time is the whole day, in UTC."""
    column = ORDERS[field]
    begin, end = _span(value)
    conditions: dict[str, Condition] = {
        "=": and_(column >= begin, column < end),
        "<": column < begin,
        ">=": column >= begin,
        "<=": column < end,
        ">": column >= end,
    }
    return conditions[operator]


def _span(value: str) -> tuple[datetime, datetime]:
    for written, length in _SPANS.items():
        try:
            begin = datetime.strptime(value, written).replace(tzinfo=UTC)
        except ValueError:
            continue
        return begin, begin + length
    try:
        begin = parse_instant(value)
    except ValueError:
        raise Refusal(CQL_INVALID, problem=f"{value!r} is no date like 2024-04-22") from None
    return begin, begin + timedelta(milliseconds=1)


_RULES: dict[tuple[str, str], Callable[[str], Condition]] = {
    ("type", "="): _type,
    ("space", "="): lambda value: spaces.c.key_folded == fold(value),
    ("space.key", "="): lambda value: spaces.c.key_folded == fold(value),
    ("id", "="): _id(contents.c.id),
    ("content", "="): _id(contents.c.id),
    ("parent", "="): _id(contents.c.parent_id),
    ("ancestor", "="): _below,
    ("macro", "="): _macro,
    ("title", "="): _title,
    ("title", "~"): lambda value: _has_words(contents.c.title, value),
    ("text", "~"): lambda value: or_(
        _has_words(contents.c.title, value), _has_words(contents.c.body, value)
    ),
    ("label", "="): _label,
    ("creator", "="): lambda value: func.coalesce(author.c.account_id, "") == value,
    ("contributor", "="): lambda value: or_(
        func.coalesce(author.c.account_id, "") == value,
        func.coalesce(last_author.c.account_id, "") == value,
    ),
}
