"""Exports with many items of every kind that moves."""

from dataclasses import dataclass
from pathlib import Path

from portway_assistant.samples.options import SampleKind, SampleOptions
from portway_assistant.samples.writing import write_sample


@dataclass(frozen=True)
class LargeExport:
    """An export that is written when it is needed."""

    options: SampleOptions

    def write(self, path: Path) -> Path:
        """Write the package and return its path."""
        return write_sample(path, self.options).package


def a_large_export(*, pages: int, people: int = 20) -> LargeExport:
    """A space with a tree of pages, comments in threads, attachments, labels and blog posts."""
    return LargeExport(
        SampleOptions(
            kind=SampleKind.SPACE,
            pages=pages,
            users=people,
            comments=pages // 2,
            attachments=pages // 6,
            blogposts=pages // 10,
            revisions=0,
            app_notes=0,
            attachment_bytes=2_000,
            plain=True,
        )
    )
