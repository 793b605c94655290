"""The small tables that go with a sample: inline tasks, and people for a space export."""

import csv
import io
from collections.abc import Iterator

from portway_assistant.samples.bodies import has_tasks
from portway_assistant.samples.numbers import date_of
from portway_assistant.samples.site import Site
from portway_assistant.samples.words import person_name

TASKS_NAME = "AO_BAF3AA_AOINLINE_TASK.csv"
_TASK_HEAD = (
    "CONTENT_ID",
    "ID",
    "GLOBAL_ID",
    "BODY",
    "TASK_STATUS",
    "CREATOR_USER_KEY",
    "ASSIGNEE_USER_KEY",
    "COMPLETE_USER_KEY",
    "CREATE_DATE",
    "UPDATE_DATE",
    "DUE_DATE",
    "COMPLETE_DATE",
)


def task_rows(site: Site) -> Iterator[bytes]:
    """Yield the table of inline tasks, row by row."""
    yield _row(_TASK_HEAD)
    for page in filter(has_tasks, range(site.pages)):
        for number in (1, 2):
            is_done = number == 1
            yield _row(
                (
                    site.id("page", page),
                    number,
                    page * 2 + number,
                    f"<span>see to item {number}</span>",
                    "CHECKED" if is_done else "UNCHECKED",
                    site.key(page),
                    site.key(page + number),
                    site.key(page) if is_done else "",
                    date_of(page),
                    date_of(page, after_days=1),
                    date_of(page, after_days=30),
                    date_of(page, after_days=7) if is_done else "",
                )
            )


def people_rows(site: Site) -> Iterator[bytes]:
    """Yield people.csv, which tells what a space export does not: names and addresses."""
    yield _row(("userkey", "username", "email", "name"))
    for user in range(site.options.users):
        name = " ".join(person_name(user))
        yield _row((site.key(user), site.username(user), site.email(user), name))


def _row(cells: tuple[object, ...]) -> bytes:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerow(cells)
    return target.getvalue().encode()
