"""Many files in one request: one JSON line `{"sourceKey","sizeBytes"}`, the bytes, and again."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ConfigDict, Field, ValidationError

from portway_cloud_site.attachments.files import Readable
from portway_cloud_site.error_codes import FILES_MISFRAMED
from portway_cloud_site.messages import Message
from portway_service.errors import Refusal

_READ_BYTES = 1 << 18
_MAX_LINE_BYTES = 8 << 10


class FrameHead(Message):
    """The line before a file's bytes."""

    model_config = ConfigDict(extra="forbid")

    source_key: str = Field(min_length=1, max_length=512)
    size_bytes: int = Field(ge=0, strict=True)


@dataclass
class FrameReader:
    """Reads frames from a stream, holding no more than one chunk of it."""

    stream: Readable
    frame_number: int = 0
    _held: bytes = b""
    _at: int = 0

    def read_head(self) -> FrameHead | None:
        """Return the next frame's line, or None at the end. Its bytes must be read in between."""
        line = self._read_line()
        if line is None:
            return None
        self.frame_number += 1
        try:
            return FrameHead.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
            raise self._misframed(f"its line is not valid: {fault['msg']}") from None

    def read_bytes(self, size_bytes: int) -> Iterator[bytes]:
        """Yield the bytes of the frame whose line was just read."""
        while size_bytes:
            if self._at == len(self._held) and not self._fill():
                raise self._misframed(f"the request ends {size_bytes} bytes early")
            chunk = self._held[self._at : self._at + size_bytes]
            self._at += len(chunk)
            size_bytes -= len(chunk)
            yield chunk

    def _read_line(self) -> bytes | None:
        line = b""
        while True:
            end = self._held.find(b"\n", self._at)
            if end >= 0:
                line += self._held[self._at : end]
                self._at = end + 1
                return line
            line += self._held[self._at :]
            if len(line) > _MAX_LINE_BYTES:
                self.frame_number += 1
                raise self._misframed(f"its line is longer than {_MAX_LINE_BYTES} bytes")
            if not self._fill():
                return line or None

    def _fill(self) -> bool:
        self._held, self._at = self.stream.read(_READ_BYTES), 0
        return bool(self._held)

    def _misframed(self, problem: str) -> Refusal:
        return Refusal(FILES_MISFRAMED, number=self.frame_number, problem=problem)
