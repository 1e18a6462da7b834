"""What left a warehouse, or should have: shipments, tracking, and their confirmation in Khaos Control."""

from __future__ import annotations

from workers.spine.policy.rows import CUSTOMER_SERVICE, OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "dispatch_unknown_order": Verdict(
        OPERATIONS,
        "error",
        "The warehouse dispatched an order that the fleet never sent: find out whose it is, then dismiss.",
    ),
    "over_shipped": Verdict(
        OPERATIONS,
        "critical",
        "More left the warehouse than was ordered: count, correct the invoice in Khaos Control, then dismiss.",
    ),
    "short_pick": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse closed the order short: the rest stands open in Khaos Control; see whether stock is there.",
    ),
    "substituted": Verdict(
        OPERATIONS,
        "critical",
        "The warehouse sent other goods than were ordered: settle it with the customer and in Khaos Control, then"
        " dismiss.",
    ),
    "told_otherwise": Verdict(
        OPERATIONS,
        "error",
        "The warehouse contradicts what it told before, and the first word counts: ask it which is true, then dismiss.",
    ),
    "tracking_not_used": Verdict(
        SUPPORT,
        "warning",
        "Ask the warehouse what these numbers are, and where it writes those of parcels; add to the invoice in Khaos"
        " Control what its customer needs, then dismiss.",
    ),
    "tracking_late": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "The parcel's number came after the dispatch: add it to the invoice in Khaos Control, tell the customer, then"
        " dismiss.",
    ),
    "unknown_status": Verdict(
        SUPPORT, "error", f"The warehouse uses a status that no table knows: add it to the table named, then `{RETRY}`."
    ),
    "dispatch_overdue": Verdict(OPERATIONS, "warning", "The warehouse has not dispatched this order in time: ask it."),
    "held_at_warehouse": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse has put this order on hold and waits for somebody: ask it for what. It closes by itself when the"
        " order goes on.",
    ),
    "dispatch_route_missing": Verdict(
        SUPPORT,
        "error",
        f"No way is set for telling Khaos Control of dispatches: bind extensions.confirm_shipment or set"
        f" dispatch_route in fleet.toml, then `{RETRY}`.",
    ),
    "split_in_khaos": Verdict(
        OPERATIONS,
        "warning",
        "A part of the invoice has left: split off in Khaos Control what has not, then assign the rest to the"
        " courier (`fleet worklist dispatch`). It goes on by itself.",
    ),
    "consignment_conflict": Verdict(
        SUPPORT,
        "error",
        f"A file of that name with other content lies in the courier's folder: find out who put it there, move it"
        f" away, then `{RETRY}`.",
    ),
    "consignment_folder": Verdict(
        SUPPORT,
        "error",
        f"The courier's folder cannot be written: see whether it is there and whether the fleet may write it, then"
        f" `{RETRY}`.",
        retries=12,
    ),
    "dispatch_unconfirmed": Verdict(
        OPERATIONS, "error", "Khaos Control was told of the dispatch but does not show it: look at the invoice there."
    ),
    "issued_elsewhere": Verdict(
        OPERATIONS,
        "warning",
        "Khaos Control issued this invoice without a dispatch from the warehouse: stop it there, or dismiss.",
    ),
    "never_issued": Verdict(
        OPERATIONS,
        "warning",
        "The goods left and the invoice stands unissued in Khaos Control, where its stock has not fallen: issue it.",
    ),
}
