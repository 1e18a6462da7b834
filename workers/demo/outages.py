"""Outages of warehouses in `fleet demo --faults`, and what people were told of each.

A warehouse is away until on-call has been told, so each outage is one that lasts. Then it is one alert and one
resolution for each of its connections, in Sentry and in the owner's chat, and no dead letter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workers.demo.reconciliation.outages import OutageFigures
from workers.demo.setting.on_call import Heard
from workers.ledger.store import Store

AT_LEAST, AT_MOST = 5.0, 180.0  # seconds that a warehouse is away
WAITS_FOR = 90.0  # seconds, at most, until other trouble of the partner is over
COMES_BACK = 15.0  # seconds after its return in which calls that were under way may still fail
# A notice of a connection that opens for a moment and is shut again is not over: its owner is told once.
NOTICED = """notice n where n.what = 'urgent' and n.state = 'told' and n.kind = e.kind and n.connection = e.connection
             and n.since <= coalesce(e.closed_at, 'infinity') and coalesce(n.closed_at, 'infinity') >= e.first_at"""
TOLD = f"""
select e.connection from exception e
 where e.kind = 'connection_shut' and e.connection = any (%s)
   and (e.last_at >= to_timestamp(%s) or e.state = 'open') and exists (select 1 from {NOTICED})
"""  # noqa: S608  our own words
STANDS = "select 1 from exception where kind = 'connection_shut' and state = 'open' and connection = any (%s)"
# What was filed about a connection in an outage. One that was shut before and stayed so has one trouble, and one alert.
SHUT = f"""
select e.id, e.kind, e.state, e.message_id,
       (select count(*) from {NOTICED}) as notices,
       (select count(*) from notice c where c.what = 'cured' and c.state = 'told' and c.answers in
           (select n.id from {NOTICED})) as cures
  from exception e
 where e.connection = %(connection)s and e.kind = any (%(kinds)s) and e.first_at <= to_timestamp(%(ended)s + %(slack)s)
   and (e.last_at >= to_timestamp(%(began)s)
        or e.kind = 'connection_shut' and coalesce(e.closed_at, 'infinity') >= to_timestamp(%(ended)s))
 order by e.id
"""  # noqa: S608  our own words
OF_AN_OUTAGE = ("connection_shut", "unavailable", "throttled", "told_to_wait", "unauthorised", "garbled",
                "schedule_failed", "schedule_failing", "schedule_hangs", "suspect_release")  # fmt: skip


@dataclass
class Outage:
    """One that is played: when it began and ended, in Unix time."""

    connections: tuple[str, ...]
    began: float = 0.0
    ended: float | None = None


class Outages:
    """Plays them, each in a thread of its own."""

    def __init__(self, store: Store, heard: Heard) -> None:
        """``heard`` is what on-call is told."""
        self._store, self._heard = store, heard
        self._played: list[Outage] = []

    def play(
        self,
        connections: tuple[str, ...],
        switch: Callable[[dict[str, Any]], object],
        other_trouble: Callable[[], bool] = lambda: False,
    ) -> None:
        """Have a partner be away by its ``switch``, until all of its ``connections`` are known to be down.

        It begins when ``other_trouble`` of its calls is over: what shuts them by itself is a story of its own.
        """
        outage = Outage(connections)
        self._played.append(outage)
        threading.Thread(
            target=self._play, args=(outage, switch, other_trouble), name=f"outage of {connections[0]}", daemon=True
        ).start()

    def _play(
        self, outage: Outage, switch: Callable[[dict[str, Any]], object], other_trouble: Callable[[], bool]
    ) -> None:
        ends = time.time() + WAITS_FOR
        while time.time() < ends and (other_trouble() or self._is_shut(outage.connections)):
            time.sleep(0.5)
        outage.began = time.time()
        switch({"away_until": outage.began + AT_MOST})
        while (passed := time.time() - outage.began) < AT_MOST:
            known = {row["connection"] for row in self._store.rows(TOLD, list(outage.connections), outage.began)}
            if passed > AT_LEAST and known == set(outage.connections):
                break
            time.sleep(0.5)
        switch({"away_until": 0.0})
        outage.ended = time.time()

    def _is_shut(self, connections: tuple[str, ...]) -> bool:
        """Whether something stands about one of them already."""
        return self._store.row(STANDS, list(connections)) is not None

    @property
    def over(self) -> bool:
        """Whether every partner is back."""
        return all(one.ended is not None for one in self._played)

    def seconds(self, connection: str) -> int:
        """For how long it was away, all in all."""
        spans = [one.ended - one.began for one in self._played if connection in one.connections and one.ended]
        return round(sum(spans))

    def figures(self) -> tuple[OutageFigures, ...]:
        """What came of each so far: a row for each connection of each."""
        return tuple(self._figures(one, name) for one in self._played if one.ended for name in one.connections)

    def _figures(self, outage: Outage, connection: str) -> OutageFigures:
        assert outage.ended is not None
        moments = {"began": outage.began, "ended": outage.ended, "slack": COMES_BACK}
        rows = self._store.rows_of(SHUT, {"connection": connection, "kinds": list(OF_AN_OUTAGE), **moments})
        shut = [row for row in rows if row["kind"] == "connection_shut"]
        return OutageFigures(
            connection=connection,
            seconds=round(outage.ended - outage.began, 1),
            alerts=sum((row["id"], "shut") in self._heard.events for row in shut),
            resolutions=sum((row["id"], "opened") in self._heard.events for row in shut if row["state"] == "resolved"),
            notices=sum(row["notices"] for row in shut),
            cures=sum(row["cures"] for row in shut),
            others=tuple(sorted({row["kind"] for row in rows if row["kind"] != "connection_shut"})),
            dead_letters=sum(row["message_id"] is not None for row in rows),
        )
