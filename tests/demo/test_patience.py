"""The demo always ends: it knows when waiting is of no use, and says what is in flight."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from workers.demo.observer import TOLD, Lookout
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.reconciliation.compare import Report, compare
from workers.demo.setting.stand_ins import Partners, StandIns
from workers.demo.timeout import EACH, EACH_PRODUCT, STUCK, WHOLE, Patience
from workers.ledger.store import NewMessage, Store


def seen(in_flight: int = 0, seconds: float = 0.0) -> Report:
    return compare({"orders": [], "invoices": []}, {}, [], in_flight=in_flight, seconds=seconds)


def test_books_that_stay_as_they_are_are_waited_for_no_longer_than_anything_can_still_come() -> None:
    patience = Patience(began=10.0, orders=1000)
    assert patience.why_not(seen(seconds=1.0), 20.0) == ""
    assert patience.why_not(seen(seconds=2.0), 20.0 + STUCK) == ""
    assert "nothing has changed for 201 s" in patience.why_not(seen(seconds=3.0), 21.0 + STUCK)


def test_what_moves_is_waited_for_until_the_time_of_the_whole_demo_is_over() -> None:
    patience, whole = Patience(0.0, orders=100, products=50), WHOLE + 100 * EACH + 50 * EACH_PRODUCT
    for look in range(0, int(whole), 50):
        assert patience.why_not(seen(in_flight=look), float(look)) == ""
    assert not patience.late(whole)
    assert patience.late(whole + 1)
    assert "the time is over" in patience.why_not(seen(in_flight=5000), whole + 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 90.0)), min_size=1, max_size=200))
def test_no_course_of_things_keeps_it_waiting_beyond_its_time(looks: list[tuple[int, float]]) -> None:
    patience, now = Patience(began=0.0, orders=10), 0.0
    for in_flight, pause in looks:
        now += pause
        assert patience.why_not(seen(in_flight=in_flight), now) or now <= WHOLE + 10 * EACH


def test_each_thing_in_flight_is_named_with_what_it_is(store: Store) -> None:
    lookout = Lookout(
        Partners(StandIns(), "", {}),
        store,
        OrdersFile(lines=0, orders=(), products=(), refused=()),
        level="available",
        issue_on="issue",
        began=0.0,
    )
    assert lookout.in_flight() == []
    store.run("select receive('khaos', 'orders', 'r1', '', null)")
    store.run("select want_recount('Leeds', %s, 'a movement')", ["MUG"])
    store.run("insert into level (site, sku, home, purpose, due_at) values ('Leeds', 'MUG', 'Leeds', 'sell', now())")
    order = NewMessage(
        flow="orders-out", connection="leeds", kind="order", reference="SO1-1", subject="order:SO1-1", story="SO1",
        body={}, fingerprint="one",
    )  # fmt: skip
    effect = order.as_effect()
    store.run(effect.sql, *effect.values)
    store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, warehouse, state, fingerprint,"
        " requested, stage) values ('SO1-1', 'khaos', 'SO1', 1, 'INV1', 'leeds', 'new', '', %s, 9)",
        json.dumps({"MUG": 1}),
    )
    said = lookout.in_flight()
    assert len(said) == 5
    for words in (
        "(orders of khaos) is not read",
        "MUG is to be counted at Leeds: a movement",
        "the level of MUG at Leeds",
        "orders-out: order SO1-1 for leeds is queued",
        "fulfilment SO1-1 at leeds is new",
    ):
        assert [sentence for sentence in said if words in sentence], words
    assert len(said) <= TOLD
