"""The book of an order's lines: what left for each, with which tags, and what will not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mappings.canonical import GarmentLine, LineKind, PickLine
from mappings.garment_book import Gone
from workers.domain.fulfilment import Rows, Units


@dataclass(frozen=True, slots=True)
class ItemBook:
    """The book of one fulfilment, whose row the caller has locked."""

    run: Rows
    fulfilment: str

    def items(self) -> dict[str, PickLine]:
        """Our line behind each of the warehouse's ids."""
        rows = self.run("select * from order_item where fulfilment = %s order by item", self.fulfilment)
        return {
            row["item"]: PickLine(
                sku=row["sku"],
                quantity=row["units"],
                line_id=row["item"],
                kind=LineKind(row["kind"]),
                unit_price=row["unit_price"],
                garment=row["garment"],
            )
            for row in rows
        }

    def gone(self) -> dict[str, Gone]:
        """Units and tags that left, by the warehouse's id of the line."""
        rows = self.run(
            "select item, sum(units)::integer as units, coalesce(array_agg(tag) filter (where tag <> ''), '{}') as tags"
            " from departed_item where fulfilment = %s group by item",
            self.fulfilment,
        )
        return {row["item"]: Gone(row["units"], frozenset(row["tags"])) for row in rows}

    def units(self, items: Mapping[str, PickLine]) -> Units:
        """Units by SKU that left for the order."""
        units: Units = {}
        for item, gone in self.gone().items():
            units[items[item].sku] = units.get(items[item].sku, 0) + gone.units
        return units

    def depart(self, line: GarmentLine, at: datetime, *, by: bool) -> None:
        """Book the units of a line that left at a moment, or ``by`` then at the latest."""
        self.run(
            "insert into departed_item (fulfilment, item, tag, units, left_at, left_by)"
            " values (%s, %s, %s, %s, %s, %s)",
            self.fulfilment,
            line.line_id,
            line.tag,
            line.quantity,
            at,
            by,
        )

    def name(self, line: GarmentLine) -> bool:
        """Give a unit that was booked without a tag its tag, unless the tag is booked. Tell whether one has it now."""
        if self.run(
            "select 1 as one from departed_item where fulfilment = %s and item = %s and tag = %s",
            self.fulfilment,
            line.line_id,
            line.tag,
        ):
            return False
        nameless = self.run(
            "select id, units, left_at, left_by from departed_item where fulfilment = %s and item = %s and tag = ''"
            " order by id limit 1",
            self.fulfilment,
            line.line_id,
        )
        for row in nameless:
            if row["units"] == 1:
                self.run("delete from departed_item where id = %s", row["id"])
            else:
                self.run("update departed_item set units = units - 1 where id = %s", row["id"])
            self.depart(line.model_copy(update={"quantity": 1}), row["left_at"], by=row["left_by"])
        return bool(nameless)

    def short(self, units: Units, *, cumulative: bool) -> list[str]:
        """Keep units that will not leave, by line: one dispatch's, or all that are shown. Returns what changed."""
        changed = []
        for item, count in units.items():
            rows = self.run(
                "with before as (select greatest(short_told, short_shown) as short from order_item"
                "  where fulfilment = %s and item = %s for update)"
                " update order_item o set short_told = o.short_told + %s, short_shown = greatest(o.short_shown, %s)"
                " from before where o.fulfilment = %s and o.item = %s"
                " returning greatest(o.short_told, o.short_shown) > before.short as more",
                self.fulfilment,
                item,
                0 if cumulative else count,
                count if cumulative else 0,
                self.fulfilment,
                item,
            )
            if rows and rows[0]["more"]:
                changed.append(item)
        return changed

    def still_open(self) -> list[str]:
        """Lines for which something may still leave, whatever a dispatch says of itself."""
        rows = self.run(
            "select o.item from order_item o left join (select item, sum(units) as units from departed_item"
            "  where fulfilment = %s group by item) d on d.item = o.item"
            " where o.fulfilment = %s and o.units > coalesce(d.units, 0) + greatest(o.short_told, o.short_shown)",
            self.fulfilment,
            self.fulfilment,
        )
        return [row["item"] for row in rows]
