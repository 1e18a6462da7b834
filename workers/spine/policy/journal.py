"""Journal entries: reasons, costs, and where they are booked."""

from __future__ import annotations

from workers.spine.policy.rows import FINANCE, RETRY, Verdict

VERDICTS = {
    "reason_unknown": Verdict(
        FINANCE,
        "warning",
        "The warehouse told no reason for this adjustment: ask it, then `fleet journal map ID --reason R --account A"
        " --by NAME`.",
    ),
    "reason_unmapped": Verdict(
        FINANCE,
        "error",
        "Add the row that the reason names, with `fleet tables add` or on the desk under Tables: every entry that waits"
        " for it goes by itself.",
    ),
    "cost_missing": Verdict(
        FINANCE,
        "warning",
        "Load a valuation that names this SKU and site (`fleet valuation load FILE`), or give the product its buying"
        " price in Khaos Control: the entries go by themselves.",
    ),
    "journal_not_writable": Verdict(
        FINANCE,
        "error",
        "The adjust-by file cannot hold this entry: do what its reason says, and the next file has it; or book it by"
        " hand in Khaos Control.",
    ),
    "journal_refused": Verdict(
        FINANCE,
        "error",
        "Khaos Control does not book this entry: put right what its reason names, or map the entry anew, then"
        f" `{RETRY}`.",
    ),
}
