"""A Procfile's processes live together, come back alone, and end with their owner."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet_tests.owners import Owner, Watch
from workers.embedded.keeper import NotStarted
from workers.embedded.procfile import BadProcfile, Line, read_procfile
from workers.embedded.supervision import Fleet

TWO = "quick: sleep $NAP\nsay: sh -c 'echo \"$WORD 100% ; # $FLEET_PROCESS\"; exec sleep 600'\n"


@pytest.fixture
def procfile(tmp_path: Path) -> Path:
    path = tmp_path / "a place" / "Procfile"
    path.parent.mkdir()
    path.write_text(TWO)
    return path


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    place = tmp_path_factory.mktemp("a place")
    (place / "Procfile").write_text(TWO)
    environment = {"NAP": "600", "WORD": "100%(here)s"}
    with Fleet(place / "Procfile", environment, place / "run %d", numprocs={"quick": 2}, stop_patience=5) as one:
        yield one


@pytest.fixture
def fleet(long_lived: Fleet) -> Fleet:
    long_lived.wait_running(20)
    return long_lived


def test_a_procfile_is_read_in_order_without_comments_and_blank_lines(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# the fleet\n\nweb: run --port 80\nbeat:  tick : tock\n")
    assert read_procfile(tmp_path / "Procfile") == (Line("web", "run --port 80"), Line("beat", "tick : tock"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("web run", "line 1"),
        ("a: b\na: c", "line 2: 'a' stands there twice"),
        ("# none", "no process"),
        ("a b: c", "1"),
    ],
)
def test_a_wrong_procfile_is_refused_with_the_line_to_mend(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "Procfile").write_text(text)
    with pytest.raises(BadProcfile, match=told):
        read_procfile(tmp_path / "Procfile")


def test_every_line_runs_scaled_with_its_environment_and_its_own_log(fleet: Fleet, watch: Watch) -> None:
    assert set(fleet.processes()) == {"quick-1", "quick-2", "say"}
    log = fleet.folder / "log" / "say.log"
    assert watch.soon(lambda: log.exists() and log.read_text() == "100%(here)s 100% ; # say\n"), log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_a_killed_process_comes_back_with_another_pid(fleet: Fleet, watch: Watch) -> None:
    (was,) = fleet.kill("say")
    assert watch.soon(lambda: fleet.processes()["say"][0] == "RUNNING" and fleet.processes()["say"][1] != was)


def test_a_line_is_killed_halted_resumed_and_restarted_in_all_its_numbers(fleet: Fleet) -> None:
    assert len(fleet.kill("quick", signal.SIGTERM)) == 2
    fleet.wait_running(15)
    fleet.halt("quick")
    assert [fleet.processes()[name] for name in ("quick-1", "quick-2")] == [("STOPPED", 0)] * 2
    fleet.resume("quick")
    before = fleet.processes()
    fleet.restart("quick-2")
    after = fleet.processes()
    assert before["quick-1"] == after["quick-1"]
    assert before["quick-2"][1] != after["quick-2"][1] > 0


def test_an_unknown_name_is_refused_with_the_known_ones(fleet: Fleet, procfile: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="quick-1, quick-2, say"):
        fleet.kill("web")
    with pytest.raises(ValueError, match="it has quick, say"):
        Fleet(procfile, {}, tmp_path / "other", numprocs={"web": 2}).start()


def test_a_second_fleet_in_the_same_folder_is_refused(fleet: Fleet, procfile: Path) -> None:
    with pytest.raises(NotStarted, match="already"):
        Fleet(procfile, {}, fleet.folder).start()


def test_a_deep_folder_does_not_break_the_socket(procfile: Path, tmp_path: Path) -> None:
    with Fleet(procfile, {"NAP": "600"}, tmp_path / ("deep" * 30)) as fleet:
        socket = Path((fleet.folder / "socket").read_text().strip())
        assert socket.parent.stat().st_mode & 0o077 == 0
        fleet.wait_running(15)
    assert not socket.parent.exists()


STUBBORN = "trap '' TERM HUP INT; setsid sleep 601 & while :; do sleep 0.1; done"


def test_stop_ends_even_those_that_will_not_and_their_strays(procfile: Path, tmp_path: Path, watch: Watch) -> None:
    (tmp_path / "stubborn.sh").write_text(STUBBORN)
    procfile.write_text("".join(f"s{n}: sh {tmp_path}/stubborn.sh\n" for n in range(8)))
    fleet = Fleet(procfile, {}, tmp_path / "run", stop_patience=2)
    fleet.start()
    fleet.wait_running(15)
    keeper = int((fleet.folder / "keeper.pid").read_text())
    assert watch.soon(lambda: len(watch.below(keeper)) >= 17)
    all_of_it = {keeper, *watch.below(keeper)}
    began = time.monotonic()
    fleet.stop()
    assert time.monotonic() - began < 14, "they are stopped at once, not one after the other"
    assert not [pid for pid in all_of_it if watch.running(pid)]


@pytest.mark.parametrize("victim", ["owner", "keeper"])
def test_a_fleet_ends_when_its_owner_or_keeper_is_killed(
    victim: str, procfile: Path, tmp_path: Path, owner: Callable[..., Owner], watch: Watch
) -> None:
    folder = tmp_path / "run"
    code = f"""
from pathlib import Path
from workers.embedded.supervision import Fleet
fleet = Fleet(Path({str(procfile)!r}), {{"NAP": "600"}}, Path({str(folder)!r}), stop_patience=5)
fleet.start(); fleet.wait_running(20); print("up")
"""
    one = owner(code)
    assert one.line() == "up"
    keeper = int((folder / "keeper.pid").read_text())
    all_of_it = {keeper, *watch.below(keeper)}
    assert len(all_of_it) >= 4
    if victim == "owner":
        one.kill()
    else:
        os.kill(keeper, signal.SIGKILL)
    assert watch.soon(lambda: not any(watch.running(pid) for pid in all_of_it)), [
        pid for pid in all_of_it if watch.running(pid)
    ]


def test_a_killed_supervisor_takes_its_processes_along_and_is_started_again(fleet: Fleet, watch: Watch) -> None:
    before = fleet.processes()
    os.kill(int((fleet.folder / "program.pid").read_text()), signal.SIGKILL)

    def back() -> bool:
        try:
            now = fleet.processes()
        except OSError:
            return False
        return all(state == "RUNNING" and pid != before[name][1] for name, (state, pid) in now.items())

    assert watch.soon(back)
