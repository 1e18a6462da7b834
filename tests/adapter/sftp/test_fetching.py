"""Files are listed, fetched whole and archived once."""

import pytest

from adapters.errors import Rejected, Unavailable
from adapters.sftp.files import Sftp
from fleet_tests.sftp_partner import ARCHIVE, ORDER, OUT, Partner


def test_a_listing_has_the_files_oldest_first_without_folders_and_unfinished_ones(partner: Partner, sftp: Sftp) -> None:
    partner.lay("b.edi", b"12345", age=10)
    partner.lay("c.edi", b"1", age=90)
    partner.lay("a.edi.TMP")
    partner.lay("a.edi.tmp")
    found = sftp.listing(OUT)
    assert [(one.name, one.path, one.size) for one in found] == [
        ("c.edi", f"{OUT}/c.edi", 1),
        ("b.edi", f"{OUT}/b.edi", 5),
    ]
    assert all(one.changed.tzinfo is not None for one in found)


def test_a_file_is_fetched_whole_and_never_beyond_the_limit(partner: Partner, sftp: Sftp) -> None:
    partner.lay("945.edi", ORDER)
    partner.lay("empty.csv", b"")
    assert sftp.fetch(f"{OUT}/945.edi") == ORDER
    assert sftp.fetch(f"{OUT}/945.edi", limit=len(ORDER)) == ORDER
    assert sftp.fetch(f"{OUT}/empty.csv") == b""
    with pytest.raises(Rejected) as told:
        sftp.fetch(f"{OUT}/945.edi", limit=len(ORDER) - 1)
    assert told.value.symbol == "too_large"


def test_a_connection_that_breaks_while_fetching_loses_nothing(partner: Partner, sftp: Sftp) -> None:
    partner.lay("945.edi", ORDER)
    partner.faults.cut_after = 40_000
    with pytest.raises(Unavailable) as told:
        sftp.fetch(f"{OUT}/945.edi")
    assert not told.value.maybe_done
    assert sftp.fetch(f"{OUT}/945.edi") == ORDER


def test_an_archived_file_is_moved_once_and_replaces_nothing(partner: Partner, sftp: Sftp) -> None:
    for data in (b"first", b"second", b"third"):
        partner.lay("945.edi", data)
        sftp.archive(f"{OUT}/945.edi", ARCHIVE)
    assert partner.names("out") == []
    assert partner.names("archive") == ["945.edi", "945.edi.2", "945.edi.3"]
    assert [(partner.folder("archive") / name).read_bytes() for name in partner.names("archive")] == [
        b"first",
        b"second",
        b"third",
    ]
    assert sftp.archive(f"{OUT}/945.edi", ARCHIVE) is None


@pytest.mark.parametrize(("fault", "second"), [("cut_before_rename", f"{ARCHIVE}/945.edi"), ("cut_after_rename", None)])
def test_an_archiving_of_unknown_outcome_is_settled_by_doing_it_again(
    partner: Partner, sftp: Sftp, fault: str, second: str | None
) -> None:
    partner.lay("945.edi", b"one")
    setattr(partner.faults, fault, 1)
    with pytest.raises(Unavailable) as told:
        sftp.archive(f"{OUT}/945.edi", ARCHIVE)
    assert told.value.maybe_done
    assert sftp.archive(f"{OUT}/945.edi", ARCHIVE) == second
    assert (partner.names("out"), partner.names("archive")) == ([], ["945.edi"])
