"""Which parameters of which macros hold references, as data.

Macros that are not listed keep their parameters as they are; so does the `jira` macro, whose ids
are those of another product. Elements inside a parameter, such as `ri:page`, are rewritten anyway.
Source: docs/reference/rewriting.md#macros
"""

from enum import StrEnum


class Holds(StrEnum):
    """What the text of a parameter is."""

    SPACES = "space keys, separated by commas or blanks, each perhaps with + or -"
    PAGE = "a page: `Title` or `KEY:Title`"
    CONTENT = "ids of content, separated by commas"
    USERS = "user names or keys, separated by commas"
    CQL = "a query: the spaces, ids and people it names"
    ADDRESS = "an address"


_ROWS: tuple[tuple[str, str, Holds], ...] = (
    # macros, parameters ("" is the one without a name), what they hold
    ("include excerpt-include", " page pageTitle", Holds.PAGE),
    ("children", "page", Holds.PAGE),
    ("pagetree", "root", Holds.PAGE),
    ("pagetreesearch", "rootPage root", Holds.PAGE),
    (
        "attachments gallery viewfile view-file contributors contributors-summary",
        "page",
        Holds.PAGE,
    ),
    ("pagetree blog-posts recently-updated recently-updated-dashboard", "spaces", Holds.SPACES),
    ("contentbylabel content-report-table detailssummary labels", "spaces space key", Holds.SPACES),
    ("contributors contributors-summary", "space spaces", Holds.SPACES),
    ("livesearch create-from-template create-space-button listlabels", "spaceKey", Holds.SPACES),
    ("popular-labels related-labels recently-used-labels index", "spaceKey space", Holds.SPACES),
    ("space-attachments space-details", "space", Holds.SPACES),
    ("search", "spacekey spaceKey", Holds.SPACES),
    ("contentbylabel detailssummary content-report-table", "cql", Holds.CQL),
    ("tasks-report-macro task-report", "spaces", Holds.SPACES),
    ("tasks-report-macro task-report", "pages", Holds.CONTENT),
    ("tasks-report-macro task-report", "assignees creators", Holds.USERS),
    ("contentbylabel blog-posts recently-updated search", "author contributor", Holds.USERS),
    ("profile profile-picture status-list network userlister", "user username User", Holds.USERS),
    ("widget iframe html-include rss", "url src", Holds.ADDRESS),
)

PARAMETERS: dict[tuple[str, str], Holds] = {
    (macro, parameter.lower()): holds
    for macros, parameters, holds in _ROWS
    for macro in macros.split(" ")
    for parameter in parameters.split(" ")
}
"""Macro and parameter, in lower case, to what the parameter holds."""
