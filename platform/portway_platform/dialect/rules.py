"""The open points of the public contract, each a named switch with a default and its choices.

A site that was never told otherwise has the defaults. Source: docs/reference/dialect.md; wire
contract, section 11, whose numbers the switches carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args, get_type_hints

SettledCode = Literal["403", "409", "400"]
PageSizeOverLimit = Literal["clamp", "refuse"]
FindOverLimit = Literal["refuse", "cut", "answer-all"]
LowerPercentCode = Literal["200", "400", "409"]
CreatedAtUnit = Literal["milliseconds", "seconds"]
LastPageCursor = Literal["null", "last-key"]
EventRetries = Literal["growing", "steady"]
EventDuplicates = Literal["none", "every-event"]
EventOrder = Literal["as-written", "shuffled"]
EventEndpoints = Literal["both", "descriptor-first", "registered-first"]
EventClaims = Literal["plain", "app-audience", "client-audience", "context-qsh"]
EventLabel = Literal["absent", "null"]
ListLabel = Literal["null", "absent"]
ForgeTimer = Literal["shared", "per-event"]
RefusedNamespace = Literal["403", "400", "404", "empty"]
UnknownNamespace = Literal["400", "403", "404", "empty"]
ContainerFields = Literal["all", "key", "source-id", "type"]
SettledEventStatus = Literal["named", "absent"]
SettledEventSent = Literal["always", "regular-end"]
MappingHistory = Literal["all-migrations", "this-migration"]


@dataclass(frozen=True)
class Dialect:
    """How one site speaks the contract. Field `settled_code` is the switch `settled-code`."""

    settled_code: SettledCode = "403"
    expired_code: SettledCode = "403"
    page_size_over_limit: PageSizeOverLimit = "clamp"
    find_over_limit: FindOverLimit = "refuse"
    lower_percent_code: LowerPercentCode = "200"
    created_at_unit: CreatedAtUnit = "milliseconds"
    last_page_cursor: LastPageCursor = "null"
    event_retries: EventRetries = "growing"
    event_duplicates: EventDuplicates = "none"
    event_order: EventOrder = "as-written"
    event_endpoints: EventEndpoints = "descriptor-first"
    event_claims: EventClaims = "plain"
    event_label: EventLabel = "absent"
    list_label: ListLabel = "null"
    forge_timer: ForgeTimer = "shared"
    refused_namespace: RefusedNamespace = "403"
    unknown_namespace: UnknownNamespace = "400"
    container_fields: ContainerFields = "all"
    settled_event_status: SettledEventStatus = "named"
    settled_event_sent: SettledEventSent = "always"
    mapping_history: MappingHistory = "all-migrations"


@dataclass(frozen=True)
class Switch:
    """One open point: what it is about, what it is without a word, and what it can be."""

    name: str
    point: int
    """The number in section 11 of the wire contract."""
    question: str
    choices: Mapping[str, str]
    """What each value does."""

    @property
    def default(self) -> str:
        """The value of a site that was never told otherwise."""
        value: str = getattr(DEFAULT, _field_of(self.name))
        return value


DEFAULT = Dialect()

_SETTLED = {code: f"{code} `transfer_settled`" for code in get_args(SettledCode)}

SWITCHES = (
    Switch(
        "settled-code",
        1,
        "Status of a Connect call on a settled transfer.",
        _SETTLED,
    ),
    Switch(
        "expired-code",
        1,
        "Status of a Connect call on a transfer that timed out after its 14 days.",
        _SETTLED,
    ),
    Switch(
        "page-size-over-limit",
        2,
        "A `pageSize` above the largest page.",
        {"clamp": "is cut to the largest page", "refuse": "is refused: 400 `invalid_request`"},
    ),
    Switch(
        "find-over-limit",
        2,
        "A `find` of more than 100 keys.",
        {
            "refuse": "is refused: 400 `invalid_request`",
            "cut": "is answered for the first 100 keys",
            "answer-all": "is answered for all keys",
        },
    ),
    Switch(
        "lower-percent-code",
        3,
        "Status of a progress report whose `percent` is lower than before; it is ignored.",
        {
            "200": "200 and the body again",
            "400": "400 `percent_lowered`",
            "409": "409 `percent_lowered`",
        },
    ),
    Switch(
        "created-at-unit",
        4,
        "What `createdAt` in `migrationDetails` counts.",
        {"milliseconds": "milliseconds, 13 digits", "seconds": "seconds, 10 digits"},
    ),
    Switch(
        "last-page-cursor",
        5,
        "`lastEntity` where `hasNext` is false.",
        {"null": "null", "last-key": "the last key of the page, null when it is empty"},
    ),
    Switch(
        "event-retries",
        6,
        "Spacing of the attempts of a delivery; it ends 75 hours after the event either way.",
        {"growing": "pauses that double, up to an hour", "steady": "a pause of 30 s each time"},
    ),
    Switch(
        "event-duplicates",
        6,
        "Whether an event that was acknowledged comes again.",
        {"none": "only when the answer was lost", "every-event": "each event comes twice"},
    ),
    Switch(
        "event-order",
        6,
        "The order events are sent in.",
        {
            "as-written": "as they were written, as far as retries let them",
            "shuffled": "each waits up to 20 s, by chance",
        },
    ),
    Switch(
        "event-endpoints",
        6,
        "Where events go when the descriptor has a webhook and others are registered.",
        {
            "both": "to all of them, once each",
            "descriptor-first": "to the descriptor's alone, where there is one",
            "registered-first": "to the registered alone, where there are any",
        },
    ),
    Switch(
        "event-claims",
        7,
        "Claims of the token an event carries.",
        {
            "plain": "`iss`, `iat`, `exp`, `qsh`",
            "app-audience": "these, and `aud` with the app key",
            "client-audience": "these, and `aud` with the client key",
            "context-qsh": "`iss`, `iat`, `exp`, and the fixed text `context-qsh` as `qsh`",
        },
    ),
    Switch(
        "event-label",
        8,
        "`label` in the event of a file without one.",
        {"absent": "is not there", "null": "is null"},
    ),
    Switch(
        "list-label",
        8,
        "`label` in the list of files, for a file without one.",
        {"null": "is null", "absent": "is not there"},
    ),
    Switch(
        "forge-timer",
        9,
        "What the 15 minutes of a Forge transfer are counted from.",
        {
            "shared": "one clock; every upload and every acknowledgement restarts it",
            "per-event": "each event has its own, from its writing to its acknowledgement",
        },
    ),
    Switch(
        "refused-namespace",
        10,
        "Answer to a read of mappings without the scope its namespace needs.",
        {
            "403": "403 with the code of the reason",
            "400": "400 with the code of the reason",
            "404": "404 with the code of the reason",
            "empty": "200 without mappings, as if there were none",
        },
    ),
    Switch(
        "unknown-namespace",
        10,
        "Answer to a read of mappings of no known family.",
        {
            "400": "400 `namespace_unknown`",
            "403": "403 `namespace_unknown`",
            "404": "404 `namespace_unknown`",
            "empty": "200 without mappings",
        },
    ),
    Switch(
        "container-fields",
        11,
        "Fields of an item of the containers page, beside `type`.",
        {
            "all": "`sourceId`, `key`, `name`",
            "key": "`key`",
            "source-id": "`sourceId`",
            "type": "none",
        },
    ),
    Switch(
        "settled-event-status",
        12,
        "The final state in `transfer-settled`.",
        {"named": "`transferStatus` names it", "absent": "is not told"},
    ),
    Switch(
        "settled-event-sent",
        12,
        "When `transfer-settled` is sent.",
        {
            "always": "however the transfer settled",
            "regular-end": "only with SUCCESS, INCOMPLETE, FAILED; not on time-out or cancellation",
        },
    ),
    Switch(
        "mapping-history",
        13,
        "Which mappings a transfer reads.",
        {
            "all-migrations": "those of the server and the site, whichever migration brought them",
            "this-migration": "only those its own migration brought or changed",
        },
    ),
)

SWITCH_OF = {switch.name: switch for switch in SWITCHES}


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values the type of a switch allows."""
    return get_args(get_type_hints(Dialect)[_field_of(name)])


def dialect_of(switched: Mapping[str, str]) -> Dialect:
    """Return the dialect of a site from the switches that were set.

    Names and values that this version does not know are passed by: a database may have been
    written by a newer one.
    """
    known = {
        _field_of(name): value
        for name, value in switched.items()
        if name in SWITCH_OF and value in SWITCH_OF[name].choices
    }
    return replace(DEFAULT, **known) if known else DEFAULT  # type: ignore[arg-type]


def values_of(dialect: Dialect) -> dict[str, str]:
    """Return every switch by name with its value."""
    return {field.name.replace("_", "-"): getattr(dialect, field.name) for field in fields(dialect)}


def find_switch_faults(wanted: Mapping[str, str | None]) -> list[dict[str, str]]:
    """Return what is wrong with switches to be set, as `field` and `problem`."""
    faults = []
    for name, value in wanted.items():
        switch = SWITCH_OF.get(name)
        if switch is None:
            faults.append({"field": f"switches.{name}", "problem": "there is no such switch"})
        elif value is not None and value not in switch.choices:
            problem = f"it is one of {', '.join(switch.choices)}"
            faults.append({"field": f"switches.{name}", "problem": problem})
    return faults


def _field_of(name: str) -> str:
    return name.replace("-", "_")
