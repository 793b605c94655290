"""The data folder: private to its owner, with one admin token however many start at once."""

import stat
import threading

from portway_cli.data_folder import DataFolder
from portway_service.ids import RandomIds


def test_only_the_owner_can_look_inside(tmp_path):
    folder = DataFolder.open(tmp_path / "data")
    folder.admin_token(RandomIds())

    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.admin_token_file.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_token(tmp_path):
    folder = DataFolder.open(tmp_path / "data")
    tokens = set()
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        tokens.add(folder.admin_token(RandomIds()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens) == 1
    assert len(tokens.pop()) == 43
    assert [path.name for path in folder.path.glob(".*.new")] == []
