"""What all content of a sample has in common: authors, dates, versions, bodies, properties."""

from portway_assistant.samples.markup import (
    Ref,
    an_object,
    null,
    plain,
    reference,
    text,
)
from portway_assistant.samples.numbers import date_of
from portway_assistant.samples.site import Site


def person(site: Site, field: str, name_field: str, user: int) -> str:
    """Name somebody: by key, or as exports before Confluence 5.3 do by username."""
    if site.options.names_people:
        return text(name_field, site.username(user))
    return reference(field, site.user(user))


def common(
    site: Site,
    number: int,
    *,
    version: int,
    status: str = "current",
    original: Ref | None = None,
    version_field: str = "version",
    comment: str = "",
) -> str:
    """Write who made a content when, which version it is and in which state."""
    older = () if original is None else (reference("originalVersion", original),)
    return "".join(
        (
            plain("hibernateVersion", version + 3),
            plain(version_field, version),
            person(site, "creator", "creatorName", number),
            plain("creationDate", date_of(number)),
            person(site, "lastModifier", "lastModifierName", number * 3 + version),
            plain("lastModificationDate", date_of(number, after_days=version)),
            text("versionComment", comment),
            *older,
            text("contentStatus", status),
        )
    )


def a_body(
    site: Site, block: str, number: int, of: Ref, body: str, *, body_type: int | None = None
) -> str:
    """Write a body."""
    if body_type is None:
        body_type = 2
    return an_object(
        "BodyContent",
        site.id(f"{block}_body", number),
        text("body", body),
        reference("content", of),
        plain("bodyType", body_type),
    )


def a_property(identity: int, of: Ref, name: str, value: str | int) -> str:
    """Write a content property."""
    is_text = isinstance(value, str)
    return an_object(
        "ContentProperty",
        identity,
        text("name", name),
        text("stringValue", str(value)) if is_text else null("stringValue"),
        null("longValue") if is_text else plain("longValue", value),
        null("dateValue"),
        reference("content", of),
    )
