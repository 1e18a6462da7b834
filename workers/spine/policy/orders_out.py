"""An order on its way to a warehouse: routing, refusals, changes, cancellations, invoices that change."""

from __future__ import annotations

from workers.spine.policy.rows import CUSTOMER_SERVICE, OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "refused_by_warehouse": Verdict(
        OPERATIONS, "error", f"Read the warehouse's reason, put the order right in Khaos Control, then `{RETRY}`."
    ),
    "refused_by_khaos": Verdict(
        OPERATIONS, "error", f"Read Khaos Control's reason, put it right there, then `{RETRY}`."
    ),
    "uncertain": Verdict(
        OPERATIONS,
        "critical",
        f"It may or may not have arrived. `{RETRY}` looks its reference up again: what is there counts as sent. It is"
        " not sent a third time: if the other side has no trace of it, change the order in Khaos Control.",
    ),
    "order_changed_after_release": Verdict(
        OPERATIONS, "error", "The warehouse has this reference with other content. Agree with it which one ships."
    ),
    "duplicate_at_warehouse": Verdict(
        OPERATIONS, "critical", "The warehouse has the reference more than once: have all but one cancelled there."
    ),
    "changed_after_release": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Khaos Control changed the order after the warehouse began it: intercept, or accept what ships.",
    ),
    "bad_address": Verdict(
        CUSTOMER_SERVICE,
        "error",
        f"Correct the delivery address in Khaos Control; the order goes by itself, or `{RETRY}`.",
    ),
    "route_unmapped": Verdict(
        OPERATIONS,
        "error",
        "No routing rule takes this order: put one on the desk under Tables, which replays what waits, or with"
        " `fleet tables add routing`.",
    ),
    "route_site_conflict": Verdict(
        OPERATIONS,
        "error",
        f"The rule sends it to a facility of another Khaos site: mend the rule or the order, then `{RETRY}`.",
    ),
    "no_warehouse_lines": Verdict(
        OPERATIONS,
        "info",
        "Nothing on this order is stock; it needs no warehouse. Issue it in Khaos Control, then dismiss.",
    ),
    "unknown_carrier": Verdict(
        OPERATIONS,
        "error",
        "Say which courier of Khaos Control this carrier is: add the row on the group's page, which replays what waits,"
        " or with `fleet tables add`.",
    ),
    "unknown_service": Verdict(
        OPERATIONS,
        "error",
        f"No carrier service of the warehouse is set for this courier: add the row that the reason names, then"
        f" `{RETRY}`.",
    ),
    "cancel_refused": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "The warehouse refused the cancellation: the goods will leave. Intercept them, or tell the customer.",
    ),
    "shipped_after_cancel": Verdict(
        CUSTOMER_SERVICE,
        "critical",
        "Goods left although the order was cancelled: intercept them; finance raises the invoice again.",
    ),
    "cancelled_at_warehouse": Verdict(
        OPERATIONS,
        "error",
        "The warehouse cancelled an order that Khaos Control still wants: ask why, then cancel or raise it again.",
    ),
    "remainder_unmatched": Verdict(
        OPERATIONS,
        "error",
        "Khaos Control shows a further invoice that may repeat goods already at the warehouse: compare, then"
        " retry or dismiss.",
    ),
    "invoice_recoded": Verdict(
        OPERATIONS,
        "error",
        "Khaos Control shows the same goods under a new invoice code: if it is the same invoice, dismiss; else retry.",
    ),
    "invoice_vanished": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Khaos Control shows the invoice no more, and its goods are at the warehouse: see there what became of it, and"
        " cancel the order at the warehouse or let it ship.",
    ),
    "not_exported": Verdict(
        SUPPORT,
        "error",
        "The other system cannot give out this order or product: open it there, look for odd characters in its texts"
        " and save it anew, or ask the warehouse; it is asked for again by itself.",
    ),
    "unknown_at_warehouse": Verdict(
        OPERATIONS,
        "error",
        "The warehouse has an order that the fleet never sent: find out who entered it before it ships.",
    ),
}
