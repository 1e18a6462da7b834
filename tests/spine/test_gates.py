"""Held messages go when the last of their gates opens, and no opening is lost."""

from __future__ import annotations

from fleet_tests.ledger import Ledger, Partner
from workers.spine.outcomes import Held


def opened(ledger: Ledger, *gates: str) -> int:
    return int(ledger.store.row("select open_gates(%s, 'confirmed') as n", list(gates))["n"])


def held_by_nothing(ledger: Ledger) -> int:
    """Held messages none of whose gates is shut."""
    row = ledger.store.row(
        "select count(*) as n from message m where state = 'held' and not exists (select 1 from message_gate h"
        " join gate g on g.name = h.gate where h.message_id = m.id and not g.open)"
    )
    return int(row["n"])


def test_three_gates_hold_a_message_until_the_last_one_opens(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1", gates=("sku:leeds:A", "sku:leeds:B", "sku:leeds:C"))
    assert ledger.state("SO1-1") == "held"
    assert [opened(ledger, f"sku:leeds:{code}") for code in "AB"] == [0, 0]
    assert ledger.drain(partner) == 0
    assert opened(ledger, "sku:leeds:C") == 1
    assert ledger.drain(partner) == 1


def test_one_gate_lets_everything_go_that_only_it_held(ledger: Ledger) -> None:
    for n in range(5):
        ledger.post(f"SO{n}-1", gates=("sku:leeds:A",) if n else ("sku:leeds:A", "sku:leeds:B"))
    assert opened(ledger, "sku:leeds:A") == 4
    assert ledger.state("SO0-1") == "held"


def test_an_open_gate_holds_nobody(ledger: Ledger) -> None:
    opened(ledger, "sku:leeds:A")
    ledger.post("SO1-1", gates=("sku:leeds:A",))
    assert ledger.state("SO1-1") == "queued"
    ledger.post("SO2-1", gates=("sku:leeds:A", "sku:leeds:B"))
    held = ledger.store.rows("select gate from message_gate")
    assert (ledger.state("SO2-1"), [row["gate"] for row in held]) == ("held", ["sku:leeds:B"])


def test_a_handler_that_holds_by_gates_that_opened_meanwhile_is_queued_again(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    opened(ledger, "sku:leeds:A")
    partner.answers = [Held(("sku:leeds:A",))]
    assert ledger.drain(partner) == 2
    assert ledger.state("SO1-1") == "delivered"


def test_a_gate_s_code_may_hold_colons(ledger: Ledger) -> None:
    row = ledger.store.row("select gated_sku('sku:leeds:A:B:C') as code")
    assert row["code"] == "A:B:C"


def test_no_release_is_lost_between_holding_and_opening(ledger: Ledger, partner: Partner) -> None:
    """Holders and openers race over the same gates; what is open at the end must hold nobody."""
    doors = [ledger.another() for _ in range(3)]
    for turn in range(12):
        gates = [f"sku:leeds:{turn}-{n}" for n in range(4)]
        for n in range(12):
            ledger.post(f"SO{turn}-{n}")

        def race(n: int, gates: list[str] = gates, turn: int = turn) -> None:
            door = doors[n % 3]
            if n < 4:
                door.row("select open_gates(%s, 'confirmed')", [gates[n], gates[(n + 1) % 4]])
            for m in range(n, 12, 8):
                if n >= 4:
                    door.row(
                        "select hold(id, %s) from message where reference = %s", gates[m % 4 :] + gates[:1],
                        f"SO{turn}-{m}",
                    )  # fmt: skip

        ledger.in_threads(8, race)
        assert held_by_nothing(ledger) == 0
        assert ledger.store.row("select count(*) as n from message where state = 'held'")["n"] == 0
    ledger.drain(partner)
    assert ledger.store.row("select count(*) as n from message")["n"] == 0


def test_no_release_is_lost_while_workers_hold_and_others_confirm(ledger: Ledger, partner: Partner) -> None:
    for n in range(60):
        ledger.post(f"SO{n}-1")
    partner.answers = [Held((f"sku:leeds:{n % 6}", f"sku:leeds:{(n + 1) % 6}")) for n in range(60)]
    doors = [ledger.another() for _ in range(2)]

    def race(n: int) -> None:
        if n < 3:
            ledger.drain(partner, store=doors[n % 2])
        else:
            for gate in ((n - 3) * 2, (n - 3) * 2 + 1):
                doors[n % 2].row("select open_gates(%s, 'confirmed')", [f"sku:leeds:{gate}"])

    ledger.in_threads(6, race)
    assert held_by_nothing(ledger) == 0
    ledger.drain(partner)
    assert len(partner.books) == 60
