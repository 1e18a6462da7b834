"""The section ``[stock]``: buffers, non-selling sites, who moves what, and how often figures are compared."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from workers.config.adjust_by import AdjustBy
from workers.config.strict import Strict


class Buffer(Strict):
    """Units that are kept back from sale; the first rule that fits a SKU counts. Everything named must hold."""

    site: tuple[str, ...] = ()
    sku: tuple[str, ...] = ()
    category: tuple[str, ...] = Field((), description="values of the product's stock types or attributes")
    units: int | None = Field(None, ge=0)
    percent: float | None = Field(None, ge=0, le=100, description="of the good units, rounded up")

    @model_validator(mode="after")
    def _one_measure(self) -> Buffer:
        if (self.units is None) == (self.percent is None):
            raise ValueError("a buffer names either units or percent")
        return self


class NonSellingSites(Strict):
    """The non-selling Khaos sites beside one selling site, and who moves adjustments there."""

    buffer: str = ""
    quarantine: str = ""
    damaged: str = ""
    inspection: str = ""
    refurbishment: str = ""
    with_customer: str = ""
    unseen: str = ""
    unknown: str = ""
    retired: str = Field("", description="garments that ended, until their value is written off")
    pending_journal: str = Field("", description="holds what an adjust-by file has yet to take out")
    adjustments: Literal["level", "adjust_by"] = Field(
        "level", description="who moves adjustments' quantities in Khaos"
    )

    @model_validator(mode="after")
    def _somewhere_to_wait(self) -> NonSellingSites:
        if self.adjustments == "adjust_by" and not self.pending_journal:
            raise ValueError(
                'adjustments = "adjust_by" needs a pending_journal site for units that the file will take out'
            )
        return self

    def named(self) -> dict[str, str]:
        """Purpose -> site, for every site that is named."""
        return {purpose: site for purpose, site in self.model_dump(exclude={"adjustments"}).items() if site}


class Stock(Strict):
    """The section ``[stock]``. Times are in seconds."""

    levels: Literal["send", "compare", "off"] = Field("send", description="compare: list what differs and send nothing")
    flush: float = Field(5.0, gt=0, description="from a change to its level; what falls to zero goes at once")
    movements: float = Field(60.0, gt=0, description="read warehouses' movements")
    count: float = Field(24 * 3600.0, gt=0, description="count every building whole")
    compare: float = Field(3600.0, gt=0, description="compare every level with Khaos Control's")
    drift_tolerance: int = Field(
        10, ge=0, description="units by which somebody else may change a level in Khaos Control before it is told"
    )
    demand: float = Field(60.0, gt=0, description="ask Khaos Control for its open invoices")
    buffer: tuple[Buffer, ...] = ()
    adjust_by: AdjustBy = AdjustBy()
    sites: dict[str, NonSellingSites] = Field(default_factory=dict, description="by the selling site's name")

    def beside(self, site: str) -> NonSellingSites:
        """The sites beside a selling site."""
        return self.sites.get(site, NonSellingSites())
