"""What the demo sees while it runs: both sides' books and the ledger's rows, compared."""

from __future__ import annotations

import time
from typing import Any

from workers.demo.orders_file.codes import is_service
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.reconciliation.acs_snapshot import PAGES
from workers.demo.reconciliation.compare import Lines, Report, compare
from workers.demo.reconciliation.stock import IssuePoint, Semantics
from workers.demo.setting.buildings import BUILDINGS
from workers.demo.setting.stand_ins import Partners
from workers.ledger.store import Store

IN_FLIGHT = """
select 'record ' || r.record_id || ' (' || r.source || ' of ' || r.connection || ') is not read' as what
  from record_unread r
union all select r.sku || ' is to be counted at ' || r.home || ': ' || r.why from recount r
union all select 'the level of ' || l.sku || ' at ' || l.site || ' is to be looked at' from level l
 where l.due_at is not null
union all select m.flow || ': ' || m.kind || ' ' || m.reference || ' for ' || m.connection || ' is ' || m.state
       || coalesce(', ' || m.error, '') from message m
 where m.state in ('queued', 'working', 'sent', 'waiting')
    or (m.state = 'held' and not exists (select 1 from exception e where e.state = 'open' and e.story = m.story))
    or (m.state = 'dead' and not exists (select 1 from exception e where e.state = 'open' and e.message_id = m.id))
union all select 'fulfilment ' || f.reference || ' at ' || f.warehouse || ' is ' || f.state
       || case when f.state in ('dispatched', 'closed_short') then ', and Khaos Control does not show it' else '' end
  from fulfilment f
 where f.state not in ('cancelled', 'withdrawn', 'flagged')
   and not (f.state in ('dispatched', 'closed_short') and f.confirmed)
   and not exists (select 1 from exception e where e.state = 'open' and e.story = f.order_code)
"""
TOLD = 50  # of what is in flight, in a report
LEDGER = {
    "terms": "select kind, home, sku, condition, units from term where cleared_at is null",
    "journal": "select movement_id, site, sku, units from journal",
    "returns": "select reference, receipt, line_id, sku, units, state from return_line",
    "received": "select their_id, line_id, purchase_order, home, sku, received, booked from received_line",
    "files": "select id, facility, name, number, readable, effect from partner_file order by id",
    "numbers": """select c.number, coalesce(s.state, m.state) in ('delivered', 'sent') as sent from control_number c
                    left join message_settled s on s.id = c.message_id left join message m on m.id = c.message_id
                   where c.connection = 'gxo'""",
    "garments": "select tag, state from garment",
    "departed": """select d.fulfilment, d.tag, o.kind = 'hire' as hire from departed_item d
                     join order_item o on o.fulfilment = d.fulfilment and o.item = d.item""",
    "garment_returns": "select fulfilment, tag, kind, money from garment_return where kind = 'hire'",
    "write_offs": """select w.tag, w.booked_at is not null as booked, j.unit_cost as value, a.value as worth
                       from write_off w
                       left join journal j on j.connection = w.connection and j.movement_id = 'write-off ' || w.tag
                       left join lateral (select value from asset where tag = w.tag order by as_at desc limit 1) a
                         on true""",
}
DIFFERING = "select count(*) as n from told_sku where differs"
EXCEPTIONS = """
select kind, subject, owner, severity, state, story as "order",
       case when subject like 'invoice:%%' then substr(subject, 9) else '' end as invoice
  from exception where state = 'open'
"""


class Lookout:
    """Looks at everything; ``began`` is a moment of the monotonic clock."""

    def __init__(
        self,
        partners: Partners,
        store: Store,
        file: OrdersFile,
        *,
        level: Semantics,
        issue_on: IssuePoint,
        began: float,
    ) -> None:
        self._partners, self._store, self._file = partners, store, file
        self._level, self._issue_on, self._began = level, issue_on, began

    def in_flight(self) -> list[str]:
        """What is not settled, by the ledger: a sentence for each."""
        return [row["what"] for row in self._store.rows(IN_FLIGHT)]

    def report(self) -> Report:
        """Everything compared."""
        ledger: dict[str, Any] = {name: self._store.rows(query) for name, query in LEDGER.items()}
        differing = self._store.row(DIFFERING)
        ledger["differing"] = differing["n"] if differing else 0
        in_flight = self.in_flight()
        found = compare(
            self._partners.khaos_books(),
            {
                "clarus": self._partners.clarus_books(),
                "gxo": self._partners.gxo_books(),
                "acs": self._partners.acs_books(*PAGES),
            },
            self._store.rows(EXCEPTIONS),
            in_flight=len(in_flight),
            ledger=ledger,
            buildings=[house.as_compared for house in BUILDINGS],
            issue_on=self._issue_on,
            level=self._level,
            seconds=round(time.monotonic() - self._began, 1),
            lines=count_lines(self._file),
        )
        return found.model_copy(update={"outstanding": tuple(in_flight[:TOLD])})


def count_lines(file: OrdersFile) -> Lines:
    """Where every line of the file went."""
    lines = [line for order in file.orders for line in order.lines]
    service = sum(is_service(line.sku) for line in lines)
    returned = sum(len(one.lines) for one in file.returns)
    return Lines(
        in_file=file.lines,
        refused=file.lines - len(lines) - returned,
        service=service,
        for_warehouse=len(lines) - service,
        returned=returned,
    )
