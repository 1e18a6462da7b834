"""Single garments and hires."""

from __future__ import annotations

from workers.spine.policy.rows import CUSTOMER_SERVICE, FINANCE, MERCHANDISING, OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "garment_not_available": Verdict(
        CUSTOMER_SERVICE,
        "error",
        f"The warehouse has no garment ready for a line: offer another, change the order in Khaos Control, or `{RETRY}`"
        " once one is back.",
    ),
    "garment_not_chosen": Verdict(
        OPERATIONS,
        "error",
        f"Too few garments of a line are ready: `{RETRY}` once more are, or let the warehouse choose (the connection's"
        " sku_mode).",
    ),
    "hire_dates_missing": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Enter the hire dates in the order's fields in Khaos Control: the order goes by itself.",
    ),
    "hire_as_service": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Enter the hire in Khaos Control under the garment's stock code, its fee as the line's price: the order goes by"
        " itself. If hires are services here, have the service's row added to service_lines in fleet.toml, then"
        f" `{RETRY}`.",
    ),
    "line_unpriced": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Give the order line a price in Khaos Control: the order goes by itself.",
    ),
    "stock_file_refused": Verdict(
        OPERATIONS,
        "error",
        "Ask the warehouse for a whole file, or take this one for whole: `fleet garments accept-file NAME`. The last"
        " good one counts meanwhile.",
    ),
    "garment_lost": Verdict(
        OPERATIONS,
        "warning",
        "Ask the warehouse to look for these garments; what will not be found: `fleet garments give-up TAG`.",
    ),
    "garment_differs": Verdict(
        OPERATIONS,
        "error",
        "Ask the warehouse which is true, and to send its missing events: what was sold and is back is credited by them"
        " alone. What it cannot send: `fleet garments settle TAG STATE --by NAME`.",
    ),
    "garment_withdrawal": Verdict(
        MERCHANDISING,
        "warning",
        "Agree with the warehouse how these garments are taken out of stock, for its set-up file has no column for it;"
        " or set files.setup_status_column. It closes by itself once they are retired.",
    ),
    "return_not_graded": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "Ask the warehouse to send its events of this garment again, or to grade it: nobody is credited and no deposit"
        " is released before. It closes by itself once the grade is there.",
    ),
    "garment_not_set_up": Verdict(
        MERCHANDISING,
        "warning",
        "Give these SKUs a stock code in Khaos Control, or name the code that they are counted under; until then they"
        " sell nothing.",
    ),
    "garment_not_announced": Verdict(
        MERCHANDISING,
        "warning",
        "Ask the warehouse whose garments these are, then announce them (`fleet garments announce`) or adopt them as"
        " they are (`fleet garments adopt`).",
    ),
    "garment_unmatched": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Ask the warehouse from which order this garment came: its next event about it is judged by that order.",
    ),
    "counterfeit_return": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "A counterfeit came back, nobody was credited and no deposit is released: open a case with the customer, then"
        " dismiss.",
    ),
    "hire_not_credited": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "These goods were hired: stop the return (`fleet returns stop REF --why TEXT --by NAME`); deposit and charges"
        " stand on the worklist `charges`.",
    ),
    "hire_late": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "Remind the customers of these hires; an entry goes when its garment is back.",
    ),
    "hire_not_returned": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Charge the customer for the garment, or get it back; what will not come back: `fleet garments give-up TAG`.",
    ),
    "write_off_waits": Verdict(
        FINANCE,
        "warning",
        "Confirm each garment that is off the books for good: `fleet garments write-off TAG --by NAME`.",
    ),
    "unknown_event": Verdict(
        SUPPORT,
        "warning",
        "See what the event says (`fleet exceptions show ID --body`) and ask the warehouse what it means; it is kept as"
        " it came.",
    ),
}
