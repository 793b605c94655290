"""What is stored is noise without the transfer's key, and the key ends with the consent."""

import shutil

import pytest
from sqlalchemy import select, update

from portway_platform.app_data.downloads import get_stored_file
from portway_platform.app_data.frames import FrameError
from portway_platform.app_data.keys import get_key
from portway_platform.app_data.sealed_files import read_sealed
from portway_platform.app_data.tables import app_data, transfer_keys
from portway_platform.installations.tables import installations
from portway_service.errors import Refusal
from support.app_side import a_move, stored_content
from support.platform import a_platform

NOTE = b"a note that nobody else should read " * 100


def files_of(running):
    return [path for path in (running.folder / "files").rglob("*") if path.is_file()]


def wrapped_key(running, transfer_id):
    with running.platform.services.database.read() as connection:
        return connection.execute(
            select(transfer_keys.c.wrapped_key).where(transfer_keys.c.transfer_id == transfer_id)
        ).scalar_one()


def test_what_is_stored_is_not_what_was_sent(move):
    transfer_id = move.start()
    key = move.server.put(transfer_id, NOTE).json["key"]

    [path] = files_of(move.running)
    assert path.name == key
    assert b"note" not in path.read_bytes()
    assert stored_content(move.running, key) == NOTE


def test_each_transfer_has_a_key_of_its_own_and_the_database_keeps_it_wrapped(move):
    first = move.start()
    move.server.put(first, NOTE)
    move.cloud.call("POST", f"progress/{first}", json={"status": "FAILED"})
    second = move.running.admin("POST", f"transfers/{first}/rerun").json["transferId"]
    move.server.put(second, NOTE)

    services = move.running.platform.services
    with services.database.read() as connection:
        keys = [get_key(connection, services, transfer_id) for transfer_id in (first, second)]
    assert keys[0] != keys[1]
    assert keys[0] not in wrapped_key(move.running, first)


def test_a_withdrawn_consent_destroys_the_key_and_then_the_files(move):
    transfer_id = move.start()
    move.server.put(transfer_id, NOTE)
    wrapped = wrapped_key(move.running, transfer_id)

    assert move.withdraw_consent().status_code == 200

    assert wrapped_key(move.running, transfer_id) is None
    move.running.platform.worker.run_due()
    assert files_of(move.running) == []
    assert wrapped not in everything_kept(move.running)


def everything_kept(running):
    """The bytes of the database: its files, or on PostgreSQL the files of the table."""
    database = running.platform.services.database
    if database.is_sqlite:
        paths = running.folder.glob("platform.db*")
        return b"".join(path.read_bytes() for path in paths)
    with database.engine.connect() as connection:
        if not connection.exec_driver_sql(
            "SELECT 1 FROM pg_available_extensions WHERE name = 'pageinspect'"
        ).first():
            return b""
        size = connection.exec_driver_sql(
            "SELECT pg_relation_size('transfer_keys') / 8192"
        ).scalar_one()
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
        return b"".join(
            bytes(
                connection.exec_driver_sql(
                    f"SELECT get_raw_page('transfer_keys', {number})"
                ).scalar_one()
            )
            for number in range(size)
        )


def test_a_copy_made_after_the_key_was_destroyed_opens_nothing(move):
    """Everything is saved: database, files, master key. Only the files are from before."""
    transfer_id = move.start()
    key = move.server.put(transfer_id, NOTE).json["key"]
    saved = move.running.folder / "saved"
    shutil.copytree(move.running.folder / "files", saved)
    services = move.running.platform.services
    with services.database.read() as connection:
        file = get_stored_file(connection, key)

    assert move.withdraw_consent().status_code == 200
    move.running.platform.worker.run_due()
    shutil.rmtree(move.running.folder / "files")
    shutil.copytree(saved, move.running.folder / "files")

    with services.database.read() as connection, pytest.raises(Refusal) as refused:
        get_key(connection, services, transfer_id)
    assert refused.value.code == "key_destroyed"
    pieces = read_sealed(
        services.files, file.place, file.parts, bytes(32),
        start=0, stop=file.size_bytes, size=file.size_bytes, stored=file.stored_bytes,
    )  # fmt: skip
    with pytest.raises(FrameError):
        list(pieces)


def test_a_new_agreement_opens_nothing_of_before(move):
    transfer_id = move.start()
    move.server.put(transfer_id, NOTE)
    assert move.withdraw_consent().status_code == 200
    move.running.agree()

    assert wrapped_key(move.running, transfer_id) is None
    services = move.running.platform.services
    with services.database.read() as connection, pytest.raises(Refusal):
        get_key(connection, services, transfer_id)


def test_a_settled_transfers_files_are_kept_for_a_week_and_then_gone(move):
    transfer_id = move.start()
    move.server.put(transfer_id, NOTE)
    move.cloud.call("POST", f"progress/{transfer_id}", json={"status": "SUCCESS"})

    move.running.advance(days=6, hours=23)
    move.running.platform.worker.run_due()
    assert len(files_of(move.running)) == 1
    assert wrapped_key(move.running, transfer_id) is not None

    # The week begins when the transfer was cleared, ten minutes after it settled.
    move.running.advance(days=7)
    move.running.platform.worker.run_due()
    assert files_of(move.running) == []
    assert wrapped_key(move.running, transfer_id) is None


def test_the_secrets_of_installations_are_wrapped_too(move):
    database = move.running.platform.services.database
    with database.read() as connection:
        row = connection.exec_driver_sql("SELECT id, shared_secret FROM installations").one()
        plain = connection.execute(
            select(installations.c.shared_secret).where(installations.c.id == row.id)
        ).scalar_one()

    assert row.shared_secret.startswith("wrapped:")
    assert plain == move.cloud.vendor.secret
    assert plain not in row.shared_secret


def test_a_secret_of_the_time_before_is_read_as_it_was_kept(move):
    database = move.running.platform.services.database
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE installations SET shared_secret = 'plain'")
    with database.read() as connection:
        assert connection.execute(select(installations.c.shared_secret)).scalar_one() == "plain"


def test_another_master_key_opens_nothing_and_the_former_one_still_does(tmp_path, database_kind):
    with a_platform(folder=tmp_path) as running:
        move = a_move(running)
        transfer_id = move.start()
        key = move.server.put(transfer_id, NOTE).json["key"]

    with a_platform(folder=tmp_path, master_keys=(b"n" * 32,)) as running:
        assert stored_content(running, key) == NOTE
        move = running.platform.services
        with move.database.write() as connection:
            connection.execute(
                update(transfer_keys).values(wrapped_key=move.keys.vault.wrap(b"k" * 32, "other"))
            )
        with move.database.read() as connection, pytest.raises(Refusal) as refused:
            get_key(connection, move, transfer_id)
    assert refused.value.code == "key_unavailable"


def test_an_upload_begun_before_files_were_encrypted_goes_on_as_it_began(move):
    """A data folder of an earlier version, with half a file in it."""
    transfer_id = move.start()
    key = move.server.begin(transfer_id, Upload_Length="8")
    folder = move.running.folder / "files" / "incoming" / transfer_id
    folder.mkdir()
    (folder / key).write_bytes(b"half")
    with move.running.platform.services.database.write() as connection:
        connection.execute(update(app_data).values(cipher=None, stored_bytes=None, offset_bytes=4))

    assert move.server.patch(key, 4, b"rest").status_code == 204

    assert move.cloud.download(key).data == b"halfrest"
    assert move.cloud.download(key, Range="bytes=2-5").data == b"lfre"
