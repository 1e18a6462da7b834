"""A file for Khaos is laid whole, and whoever else may write into the folder leads us nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.errors import Occupied
from adapters.khaos.courier_folder import lay


def test_a_link_under_the_name_that_is_written_first_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, folder = tmp_path / "target", tmp_path / "folder"
    folder.mkdir()
    target.write_text("mine")
    (folder / "SHIP1.CSV.tmp").symlink_to(target)
    assert lay(str(folder), "SHIP1.CSV", b"one")
    monkeypatch.setattr("secrets.token_hex", lambda _: "known")  # chance itself, made certain
    (folder / "SHIP2.CSV.known.tmp").symlink_to(target)
    with pytest.raises(FileExistsError):
        lay(str(folder), "SHIP2.CSV", b"two")
    assert (target.read_text(), (folder / "SHIP1.CSV").read_bytes()) == ("mine", b"one")


def test_the_same_file_again_is_laid_once_and_another_under_its_name_is_refused(tmp_path: Path) -> None:
    assert [lay(str(tmp_path), "SHIP1.CSV", b"one") for _ in range(2)] == [True, False]
    with pytest.raises(Occupied):
        lay(str(tmp_path), "SHIP1.CSV", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["SHIP1.CSV"]
