"""Goods that come in: customers' returns, their credit, suppliers' deliveries."""

from __future__ import annotations

from workers.spine.policy.rows import CUSTOMER_SERVICE, FINANCE, RETRY, SUPPORT, Verdict

VERDICTS = {
    "receipt_without_lines": Verdict(
        SUPPORT,
        "error",
        "Goods came in and the warehouse does not tell which: make automations for its goods_in and putaway_task"
        " events, or have the tenant show a task's receipt line; it closes by itself.",
    ),
    "goods_not_booked": Verdict(
        FINANCE,
        "warning",
        "A supplier's goods wait for their delivery note in Khaos Control and are not sold: book it there. If it is"
        " booked, `fleet received list` has the line's number: `fleet received book ID --by NAME`.",
    ),
    "empty_parcel": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "A returned parcel was empty, and nobody was credited: ask the customer and the carrier, then dismiss.",
    ),
    "wrong_item": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Other goods came back than were announced, and nobody was credited: ask the customer, then dismiss.",
    ),
    "unknown_grade": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "No row says what to do with goods in this condition: have operations add the one that the reason names (Tables"
        " on the desk), which replays what waits; or `fleet returns grade REF CONDITION --by NAME`.",
    ),
    "return_unknown_order": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Goods came back and nobody knows the order: find it, then `fleet returns offer REF --order CODE --by NAME`; or"
        " `fleet returns stop REF --why TEXT --by NAME`.",
    ),
    "returned_more_than_shipped": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "More came back than left on this order, or a unit twice: if a dispatch was told late,"
        f" `{RETRY}`; else `fleet returns stop REF --why TEXT --by NAME`.",
    ),
    "returns_channel_missing": Verdict(
        SUPPORT,
        "error",
        f"Set [connections.khaos.channel] in fleet.toml and the channel in Khaos Control, then `{RETRY}`; a credit"
        " given by hand is told with `fleet returns credited REF NOTE --by NAME`.",
    ),
    "maybe_credited": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "The customer was credited for this SKU already: if it was for these goods, `fleet returns stop REF --why TEXT"
        " --by NAME`; if not, `fleet returns offer REF --by NAME`.",
    ),
    "credit_ambiguous": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "More than one credit note or return fits: look which belongs together, then `fleet returns credited REF NOTE"
        " --by NAME`.",
    ),
    "credit_differs": Verdict(
        FINANCE,
        "warning",
        "The credit note credits another quantity than came back: compare, correct it in Khaos Control, then dismiss.",
    ),
    "credit_not_seen": Verdict(
        FINANCE,
        "error",
        "The customer may not have the money: look the note up in Khaos Control, and name the right one with `fleet"
        " returns credited REF NOTE --by NAME`; it closes by itself when the note shows.",
    ),
    "credit_unexpected": Verdict(
        FINANCE,
        "critical",
        "The customer may be credited twice for the same goods: compare the credit notes, cancel one in Khaos Control,"
        " then dismiss.",
    ),
    "return_not_seen": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "Khaos Control pulled this return and shows no credit note: see the channel's imported returns there, whether"
        " it was refused or waits to be processed; it closes by itself.",
    ),
    "refund_due": Verdict(
        FINANCE,
        "error",
        "Returned goods are not credited by day 10 of 14: see in Khaos Control whether the return was imported and"
        " processed; it closes by itself.",
    ),
}
