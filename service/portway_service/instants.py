"""The one written form of an instant: ISO 8601 in UTC, to the millisecond.

`2024-04-22T13:35:21.700Z`. Both sides of a core migration digest instants in this form; finer
digits are cut off, so that it makes no difference which side cuts them.
"""

from datetime import UTC, datetime


def parse_instant(text: str) -> datetime:
    """Return the instant an ISO 8601 text names, in UTC and cut to whole milliseconds.

    Raises:
        ValueError: It is no instant, or it does not say how far from UTC it is.
    """
    return cut_to_milliseconds(datetime.fromisoformat(text))


def cut_to_milliseconds(instant: datetime) -> datetime:
    """Return `instant` in UTC without anything finer than a millisecond.

    Raises:
        ValueError: It does not say how far from UTC it is, or lies outside the calendar.
    """
    if instant.tzinfo is None:
        raise ValueError("the offset from UTC is missing")
    if instant.tzinfo is not UTC:
        try:
            instant = instant.astimezone(UTC)
        except OverflowError:
            raise ValueError("the instant lies outside the calendar") from None
    finer = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - finer) if finer else instant


def format_instant(instant: datetime) -> str:
    """Return the written form of an aware instant, 24 characters long."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"
