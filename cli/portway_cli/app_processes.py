"""Starts the two sides of apps that run on this machine, for as long as a migration takes."""

from contextlib import ExitStack
from pathlib import Path

from portway_assistant.apps import AppToMove
from portway_cli.data_folder import DataFolder
from portway_cli.manifests import AppFile
from portway_cli.processes import await_answer, file_name, running


class AppsHere:
    """Starts the sides of apps whose manifests say how; they end with the migration."""

    def __init__(
        self, apps: dict[str, AppFile], *, folder: DataFolder, url: str, stack: ExitStack
    ) -> None:
        self._apps = apps
        self._folder = folder
        self._url = url
        self._stack = stack

    def start_cloud(self, app: AppToMove) -> None:
        """Start the cloud app and wait until its descriptor answers."""
        command = self._command(app, "cloud")
        address = (app.manifest.get("cloud") or {}).get("descriptor_url")
        if command is None or address is None:
            return
        log = self._log(app, "cloud")
        process = self._stack.enter_context(
            running(
                command,
                log=log,
                environment={
                    "PORTWAY_INSTALL_KEYS_URL": f"{self._url}/keys",
                    "PORTWAY_CLOUD_BASE_URL": address.rpartition("/")[0],
                },
            )
        )
        await_answer(address, process, what=f"The cloud app {app.key}", log=log)

    def start_server(self, app: AppToMove, enrolment_token: str) -> None:
        """Start the server app; it enrols by itself."""
        command = self._command(app, "server")
        if command is None:
            return
        self._stack.enter_context(
            running(
                command,
                log=self._log(app, "server"),
                environment={
                    "PORTWAY_PLATFORM_URL": self._url,
                    "PORTWAY_KEY_FILE": str(self._data(app) / "server.key"),
                    "PORTWAY_ENROLMENT_TOKEN": enrolment_token,
                },
            )
        )

    def _command(self, app: AppToMove, side: str) -> list[str] | None:
        found = self._apps.get(app.key)
        if found is None:
            return None
        return found.command(side, data=self._data(app), platform_url=self._url)

    def _data(self, app: AppToMove) -> Path:
        data = self._folder.path / "apps" / file_name(app.key)
        data.mkdir(parents=True, exist_ok=True)
        return data

    def _log(self, app: AppToMove, side: str) -> Path:
        return self._folder.path / "logs" / f"{file_name(app.key)}-{side}.log"
