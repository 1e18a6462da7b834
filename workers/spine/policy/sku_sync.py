"""A product that a warehouse does not take, or that Khaos Control has no more."""

from __future__ import annotations

from workers.spine.policy.rows import MERCHANDISING, RETRY, Verdict

VERDICTS = {
    "sku_unconfirmed": Verdict(
        MERCHANDISING,
        "error",
        "The warehouse has not confirmed this SKU: see the SKU's own exception; the order goes by itself.",
    ),
    "sku_refused": Verdict(
        MERCHANDISING,
        "error",
        f"The warehouse refuses this product: correct it in Khaos Control; it goes again by itself, or `{RETRY}`.",
    ),
    "bad_product": Verdict(
        MERCHANDISING,
        "error",
        f"The warehouse has no room for this product as it is: correct it in Khaos Control; it goes again by"
        f" itself, or `{RETRY}`.",
    ),
    "deleted_in_khaos": Verdict(
        MERCHANDISING,
        "warning",
        "Khaos Control deleted an item that a warehouse still holds: bring it back, or have the goods taken out; then"
        " dismiss.",
    ),
}
