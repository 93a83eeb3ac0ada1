"""A child that is forked while other threads are inside SQLite can work with it."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from workbench.store import forks
from workbench.store.db import Database

pytestmark = pytest.mark.long

FORKS = 60  # without the gate one of the first fifty hangs
GIVE_UP_S = 60


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_children_work_beside_threads_that_write_and_read_without_a_pause(tmp_path: Path) -> None:
    database, enough = Database(tmp_path), threading.Event()

    def busy() -> None:
        while not enough.is_set():
            with database.write() as connection:
                connection.execute("UPDATE runs SET status = status")
            with forks.inside():
                database.read().execute("SELECT * FROM runs ORDER BY id").fetchall()

    threads = [threading.Thread(target=busy, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert {_forked(database) for _ in range(FORKS)} == {0}
    finally:
        enough.set()
        for thread in threads:
            thread.join(30)
        database.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_within_a_transaction_does_not_wait_for_itself(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with database.write():
        child = os.fork()
        if not child:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    database.close()


def _forked(database: Database) -> int:
    """How a child ended that opened a connection of its own and read; 14 is one that hung."""
    child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(GIVE_UP_S)
        database.read().execute("SELECT count(*) FROM runs").fetchone()
        os._exit(0)
    return os.waitpid(child, 0)[1]
