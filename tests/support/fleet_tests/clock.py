"""A clock that jumps, for the programs that are started in its surroundings."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from workers.embedded.binaries import postgres_tree, reachable_postgres
from workers.embedded.cluster import BARE, place_of
from workers.embedded.parent_death import until
from workers.embedded.postgres import SETTINGS

COMPILER = shutil.which("cc")


class Clock:
    """The time of day of some programs. What counts seconds between two moments goes on, as with a real jump."""

    def __init__(self, folder: Path) -> None:
        """Build what the programs load. Needs a C compiler."""
        assert COMPILER, "look for COMPILER first"
        library, self._file = folder / "clock.so", folder / "clock"
        source = Path(__file__).with_name("clock.c")
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True, timeout=60)
        self._file.write_text("0")
        self.surroundings = {"LD_PRELOAD": str(library), "CLOCK_JUMP": str(self._file)}

    @contextmanager
    def jumped(self, seconds: int) -> Iterator[None]:
        """It jumps, and stays so."""
        written = self._file.with_suffix(".new")
        written.write_text(str(seconds))
        written.rename(self._file)
        yield


@contextmanager
def postgres_by(clock: Clock, folder: Path, dsn: str) -> Iterator[None]:
    """Run the server of ``folder``, which is stopped, by a clock that jumps."""
    place = place_of(folder)
    tree = reachable_postgres() if place.user else postgres_tree()
    settings = {**SETTINGS, "port": str(urlsplit(dsn).port)}
    with (folder / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            [tree / "bin" / "postgres", "-D", place.data, *(f"--{name}={value}" for name, value in settings.items())],
            env={**BARE, **clock.surroundings}, cwd=place.home, stdout=log, stderr=log, **place.as_user(),
        )  # fmt: skip
    try:
        assert until(lambda: process.poll() is None and answers(dsn), 60.0), "Postgres does not come up"
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
