"""Read the dates of an export: local time without a zone, as the source's clock showed it."""

from datetime import UTC, datetime, tzinfo


class DateReader:
    """Turns an export's dates into aware UTC instants."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone or UTC

    def read(self, text: str | None) -> datetime | None:
        """Return the instant, or None when there is none or it cannot be read.

        A time that the clock showed twice, in autumn, is read as the first of the two.
        """
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text.strip())
            if local.tzinfo is None:
                local = local.replace(tzinfo=self._zone)
            return local.astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def read_any(self, value: str | int | None) -> datetime | None:
        """Return the instant of a date, or of a Java timestamp: milliseconds since 1970."""
        text = "" if value is None else str(value).strip()
        if not text.isdecimal():
            return self.read(text)
        try:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
