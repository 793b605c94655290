"""The folder behind `--data`: what lies where, and the admin token in it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from portway_service.ids import Ids


@dataclass(frozen=True)
class DataFolder:
    """Everything one Portway keeps on disk."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> "DataFolder":
        """Make the folder, readable by its owner only, or take it as it is."""
        absolute = path.expanduser().resolve()
        absolute.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = cls(absolute)
        for part in (folder.keys, folder.app_data, folder.site_files, folder.assistant):
            part.mkdir(exist_ok=True, mode=0o700)
        return folder

    @property
    def platform_database(self) -> Path:
        """The platform's SQLite file."""
        return self.path / "platform.db"

    @property
    def site_database(self) -> Path:
        """The cloud site's SQLite file."""
        return self.path / "site.db"

    @property
    def keys(self) -> Path:
        """Signing keys."""
        return self.path / "keys"

    @property
    def app_data(self) -> Path:
        """Files of transfers."""
        return self.path / "app-data"

    @property
    def site_files(self) -> Path:
        """Attachments of the cloud site."""
        return self.path / "site-files"

    @property
    def assistant(self) -> Path:
        """The assistant's ledger, work stores and reports."""
        return self.path / "assistant"

    @property
    def admin_token_file(self) -> Path:
        """The file that holds the admin token."""
        return self.path / "admin.token"

    def admin_token(self, ids: Ids) -> str:
        """Return the admin token; the first caller makes it, all others read the same."""
        if not self.admin_token_file.exists():
            new = self.path / f".{ids.uuid()}.new"
            try:
                descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(ids.secret())
                    file.flush()
                    os.fsync(file.fileno())
                # The link fails when another process was first; then its token counts.
                with contextlib.suppress(FileExistsError):
                    os.link(new, self.admin_token_file)
            finally:
                new.unlink(missing_ok=True)
        return self.admin_token_file.read_text().strip()
