"""Which of two files of settings is newer, the ledger says; of two releases with one file, their migrations."""

from __future__ import annotations

import pytest

from fleet_tests.ledger import Ledger
from workers.spine import laid_settings
from workers.spine.laid_settings import Outdated, Taken, digest_of, standing, take
from workers.spine.runtime import Runtime


def test_settings_that_others_have_followed_are_refused_until_they_are_taken_on_purpose(ledger: Ledger) -> None:
    with ledger.store.transaction() as db:
        assert [take(db, "monday"), take(db, "monday"), take(db, "tuesday")] == [Taken.LAY] * 3
        with pytest.raises(Outdated, match="fleet settings take"):
            take(db, "monday")
        assert take(db, "tuesday") is Taken.LAY
        assert take(db, "monday", again=True) is Taken.LAY
        with pytest.raises(Outdated):
            take(db, "tuesday")
        found = standing(db, "monday")
    assert found is not None
    assert found.ours


def test_an_older_release_with_the_same_file_leaves_the_rows_of_the_newer_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger.store.transaction() as db:
        assert take(db, "monday") is Taken.LAY
        monkeypatch.setattr(laid_settings, "release", lambda: "0001")
        assert take(db, "monday") is Taken.KEEP
        monkeypatch.undo()
        assert take(db, "monday") is Taken.LAY


def test_what_no_row_depends_on_is_not_in_the_digest(runtime: Runtime) -> None:
    here = runtime.configuration
    moved = here.fleet.model_copy(update={"database_url": "postgresql://elsewhere/fleet"})
    assert digest_of(here.model_copy(update={"fleet": moved})) == digest_of(here)
    zone = here.fleet.model_copy(update={"time_zone": "Europe/Paris"})
    assert digest_of(here.model_copy(update={"fleet": zone})) != digest_of(here)
