"""What was said and could not be read: partners' records, and lines of an orders file."""

from __future__ import annotations

from workers.spine.policy.rows import CUSTOMER_SERVICE, FINANCE, OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "unmappable": Verdict(SUPPORT, "error", f"Add the row that the reason names, then `{RETRY}`."),
    "garbled_hint": Verdict(
        SUPPORT,
        "warning",
        "A webhook that names no order; the sweep finds what it meant. Ask the warehouse, then dismiss.",
    ),
    "unreadable": Verdict(
        SUPPORT,
        "error",
        "What the partner sent cannot be read; it is kept. Ask them to mend it, then `fleet replay RECORD`.",
    ),
    "fractional_quantity": Verdict(
        OPERATIONS, "error", "A warehouse picks whole units: correct the quantity in Khaos Control."
    ),
    "not_a_sale": Verdict(
        FINANCE,
        "info",
        "This corrects stock or money and sells nothing: book or credit it in Khaos Control, then dismiss.",
    ),
    "file_line_unreadable": Verdict(SUPPORT, "warning", "Correct the line in the orders file and load it again."),
    "country_conflict": Verdict(
        CUSTOMER_SERVICE, "warning", "One invoice names two countries: correct the orders file and load it again."
    ),
    "import_refused": Verdict(
        OPERATIONS,
        "error",
        "Khaos Control did not take this order: put right what its reason names, and load the file again.",
    ),
}
