"""Whether somebody may view or edit a page, and by what: decided step by step. Pure.

Source: docs/reference/permissions.md#who-may-see-what
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portway_cloud_site.permissions.tables import ANONYMOUS, GROUP, USER


@dataclass(frozen=True)
class Reader:
    """Somebody: an account, or the public, which is none."""

    may_enter: bool
    person_id: int | None
    group_ids: frozenset[int]


@dataclass(frozen=True)
class Subject:
    """Who holds something; `subject_id` is None for somebody who is not here."""

    kind: str
    subject_id: int | None
    name: str

    def is_met_by(self, reader: Reader) -> bool:
        """Tell whether the reader is, or belongs to, the subject."""
        if self.kind == ANONYMOUS:
            return True
        if self.subject_id is None:
            return False
        if self.kind == USER:
            return self.subject_id == reader.person_id
        return self.kind == GROUP and self.subject_id in reader.group_ids


@dataclass(frozen=True)
class Gate:
    """One set of people and groups on a page; `subjects` is None for one that never arrived."""

    content_id: int
    title: str
    subjects: tuple[Subject, ...] | None


@dataclass(frozen=True)
class Step:
    """One rule that was asked.

    Attributes:
        rule: `product_access`, `space_permission`, `view_restriction`, `space_edit` or
            `edit_restriction`.
        through: The subject by which it was passed.
        at: The page it belongs to, where it does to one.
    """

    rule: str
    passed: bool
    through: str | None = None
    at: Gate | None = None


@dataclass(frozen=True)
class Decision:
    """What somebody may do with a page, and every rule that was asked."""

    view: bool
    edit: bool
    steps: tuple[Step, ...]


def decide(
    reader: Reader,
    *,
    may_read_space: Iterable[Subject],
    view_gates: Sequence[Gate],
    may_edit_space: Iterable[Subject],
    edit_gates: Sequence[Gate],
) -> Decision:
    """Decide what a reader may do with a page.

    Args:
        may_read_space: Who may view the space.
        view_gates: The view restrictions of the page and of all above it, the highest first.
        may_edit_space: Who may write pages in the space.
        edit_gates: The edit restrictions of the page itself.
    """
    viewing = [
        Step("product_access", reader.may_enter),
        _held("space_permission", reader, may_read_space),
        *(_passed("view_restriction", reader, gate) for gate in view_gates),
    ]
    editing = [
        _held("space_edit", reader, may_edit_space),
        *(_passed("edit_restriction", reader, gate) for gate in edit_gates),
    ]
    view = all(step.passed for step in viewing)
    edit = view and all(step.passed for step in editing)
    return Decision(view, edit, (*viewing, *editing))


def _held(rule: str, reader: Reader, subjects: Iterable[Subject]) -> Step:
    for subject in subjects:
        if subject.is_met_by(reader):
            return Step(rule, True, subject.name)
    return Step(rule, False)


def _passed(rule: str, reader: Reader, gate: Gate) -> Step:
    for subject in gate.subjects or ():
        if subject.is_met_by(reader):
            return Step(rule, True, subject.name, gate)
    return Step(rule, False, None, gate)
