"""The demo's trade in garments, in plain words: what left ACS and came back, what it cost, what was compared."""

from __future__ import annotations

from collections.abc import Iterable

from workers.demo.reconciliation.garments import GarmentFigures


def sentences(found: GarmentFigures) -> Iterable[str]:
    """The story of the day, and each sum that was compared; one sentence for each thing that does not agree."""
    yield (
        f"ACS keeps {found.garments} garments, {found.set_up} rows of set-up files were taken; {found.orders} orders,"
        f" {found.orders_cancelled} of them taken back."
    )
    yield f"Out: {found.hired} garments hired, {found.bought} sold, {found.short} short."
    grades = ", ".join(f"{n} as {grade}" for grade, n in found.back_by_grade.items())
    yield f"Back: {found.hires_back} of hires, {found.sales_back} of sales, graded {grades or 'nothing'}."
    yield (
        f"Of those {found.restocked} are on sale again; {found.ready} are ready in all, {found.out_on_hire} are out on"
        f" hire, {found.sold} sold for good."
    )
    yield (
        f"Money: {found.credited} sales credited, {found.in_hand} garments that came back wrong are in somebody's hand,"
        f" {found.charged} hires charged for damage; {found.written_off} garments written off with"
        f" £{found.written_off_value}."
    )
    for what, n in found.compared.items():
        yield f"Compared: {n} {what}."
    yield from (f"Differs: {sentence}" for sentence in found.off)
