"""Puts the cloud side together: events into the importer, pages around it."""

from pathlib import Path

from flask import Flask

from notes_app.cloud.database import Database
from notes_app.cloud.files import FileStore
from notes_app.cloud.importer import Importer
from notes_app.cloud.pages import make_pages
from portway_sdk import AppStore, CloudApp, CloudAppSettings, EventType
from portway_sdk.flask import blueprint


def make_cloud_app(settings: CloudAppSettings, store: AppStore, importer: Importer) -> CloudApp:
    """Return the app that takes events, without its pages."""
    app = CloudApp(settings, store=store)
    app.on(EventType.LISTENER_TRIGGERED)(importer.begin)
    app.on(EventType.APP_DATA_UPLOADED)(importer.take_upload)
    app.on(EventType.LISTENER_ERRORED)(importer.give_up)
    app.on(EventType.TRANSFER_CANCELLATION_REQUESTED)(importer.cancel)
    app.on(EventType.TRANSFER_SETTLED)(importer.close)
    return app


def make_flask_app(settings: CloudAppSettings, store: AppStore, data: Path) -> Flask:
    """Return the whole cloud side as a Flask app; notes and files are kept in `data`."""
    database, files = Database(data / "notes.db"), FileStore(data / "files")
    flask_app = Flask(__name__)
    cloud_app = make_cloud_app(settings, store, Importer(database, files))
    flask_app.register_blueprint(blueprint(cloud_app))
    flask_app.register_blueprint(make_pages(database, files))
    return flask_app
