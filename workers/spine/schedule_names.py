"""What each scheduled thing is called: whoever lists one and whoever brings one forward share the name."""

from __future__ import annotations

RING, READ, GATES, WATCH, ALARMS = "ring", "read", "gates", "watch", "alarms"
DEAD_LETTERS = "dead letters"
EXPECTATIONS, PURGE, HISTORY = "expectations", "purge", "count of what was settled"
STOCK, JOURNAL, PURGE_STOCK = "stock", "journal", "purge stock"
NOT_CARRIED, DIFFERENCES = "stock not carried", "stock differences"
RESTS, WRITE_OFFS, HIRES = "rests of garments", "write-offs of garments", "hires that are due back"
RETRIES, CARE, NOTICES = "retries of groups", "care of exceptions", "notices to owners"
UNGRADED, PURGE_RETURNS = "returns without a grade", "purge returns"


def orders(erp: str) -> str:
    """The poll of ready invoices; the ledger's function ``want_order`` brings it forward by the same name."""
    return f"orders {erp}"


def open_orders(erp: str) -> str:
    """The poll of orders that are out."""
    return f"open orders {erp}"


def catalogue(erp: str) -> str:
    """The poll of products that changed."""
    return f"catalogue {erp}"


def whole_catalogue(erp: str) -> str:
    """The comparison of the whole catalogue."""
    return f"whole catalogue {erp}"


def missing_products(erp: str) -> str:
    """The poll of products that orders wait for."""
    return f"asked {erp}"


def read_back(erp: str) -> str:
    """The batched proof of what the ERP was sent."""
    return f"read-back {erp}"


def credit_notes(erp: str) -> str:
    """The poll of credit notes of open returns."""
    return f"credit notes {erp}"


def demand(erp: str) -> str:
    """The poll of open invoices: what is promised."""
    return f"demand {erp}"


def compare_levels(erp: str) -> str:
    """The comparison of every level."""
    return f"compare levels {erp}"


def reference_data(connection: str) -> str:
    """The reading of a side's ids."""
    return f"reference data {connection}"


def sweep(connection: str) -> str:
    """The re-read of a warehouse's open orders."""
    return f"sweep {connection}"


def stock_files(connection: str) -> str:
    """The look for a warehouse's daily file of garments."""
    return f"stock files {connection}"


def items(connection: str) -> str:
    """The posting of a warehouse's item files."""
    return f"items {connection}"


def files(home: str) -> str:
    """The look into a building's folders."""
    return f"files {home}"


def numbers(connection: str) -> str:
    """The look for our own numbers in a partner's folders."""
    return f"numbers {connection}"


def goods_in(home: str) -> str:
    """The re-read of what a building took in."""
    return f"goods in {home}"


def movements(home: str) -> str:
    """The poll of what was booked in a building."""
    return f"movements {home}"


def count(home: str) -> str:
    """The count of a building."""
    return f"count {home}"


def garment_setup(connection: str) -> str:
    """The posting of a warehouse's set-up files, and the look at which of its SKUs have garments."""
    return f"garment set-up {connection}"
