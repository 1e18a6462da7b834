"""An order that wants more than lies there beside what is owed to others: a warning before it is sent."""

from __future__ import annotations

from workers.spine.reading import Reading


def warn(reading: Reading, reference: str, invoice: str, order: str, site: str, wanted: dict[str, int]) -> None:
    """File short_at_warehouse where an order wants more of a SKU than its site has free. Nothing is held back."""
    near = reading.run(
        "select w.sku from unnest(%s::text[], %s::integer[]) w (sku, units) join home h on h.site = %s"
        " left join position p on p.home = h.site and p.sku = w.sku"
        " where h.counted_at is not null and w.units > coalesce(p.good, 0)"
        " - coalesce((select sum(d.units) from demand d where d.sku = w.sku and d.invoice_code <> %s), 0)",
        list(wanted),
        list(wanted.values()),
        site,
        invoice,
    )
    if not near:
        return
    rows = reading.run(
        "select f.sku, f.good - f.demand + coalesce((select sum(d.units) from demand d where d.sku = f.sku"
        " and d.invoice_code = %s), 0) as free from figures(%s, %s, %s) f",
        invoice,
        site,
        [row["sku"] for row in near],
        reading.runtime.erp.issue_point,
    )
    short = {row["sku"]: max(0, row["free"]) for row in rows if wanted[row["sku"]] > row["free"]}
    if short:
        warehouse = reading.runtime.configuration.homes[site][0]
        shortages = ", ".join(f"{sku}: {wanted[sku]} wanted, {free} free" for sku, free in sorted(short.items()))
        reading.file_exception(
            "short_at_warehouse",
            subject=f"order:{reference}",
            story=order,
            flow="orders-out",
            connection=warehouse,
            why=shortages,
        )
