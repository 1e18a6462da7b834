"""Warehouses that speak by files: answers that do not come, numbers that are missing, folders."""

from __future__ import annotations

from workers.spine.policy.rows import OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "answer_missing": Verdict(
        OPERATIONS,
        "error",
        f"The warehouse has not answered in time: ask it whether the file arrived. If it has none, `{RETRY}` lays the"
        " same file again; it closes by itself when it answers.",
    ),
    "answer_unmatched": Verdict(
        SUPPORT,
        "warning",
        "The warehouse answers to something that the fleet never sent: ask it what it has, then dismiss.",
    ),
    "accepted_with_error": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse accepted the order and wants attention: settle with it what the reason says, then dismiss.",
    ),
    "envelope_faulted": Verdict(
        SUPPORT,
        "error",
        "The warehouse did not take the interchange as it is: look its note up, settle it with the warehouse, then"
        f" `{RETRY}` lays the same file again; it closes by itself when it answers.",
    ),
    "file_gap": Verdict(
        SUPPORT,
        "error",
        "A file of the warehouse's series has not come: ask for it again; it closes by itself when it comes.",
    ),
    "file_name_reused": Verdict(
        SUPPORT,
        "error",
        "A file came again with other content and was not read: ask the warehouse which is right; `fleet replay RECORD`"
        " reads the kept one, then dismiss.",
    ),
    "file_not_taken": Verdict(
        SUPPORT,
        "error",
        "A file in the warehouse's folder cannot be fetched, and the others are: see what it is, and have it laid again"
        " or moved away, or raise the limit that the reason names. It closes by itself when it is taken or gone.",
    ),
    "file_not_archived": Verdict(
        SUPPORT,
        "error",
        "Files were taken and cannot be moved into the archive that the reason names: have the partner give the account"
        " the right, or make room. It closes by itself.",
    ),
    "folder_refused": Verdict(
        SUPPORT,
        "critical",
        "Nothing that this facility tells is heard: have the partner make the folder that the reason names, or correct"
        " it in fleet.toml. It closes by itself.",
    ),
    "unknown_facility": Verdict(
        SUPPORT,
        "error",
        f"The warehouse speaks of a facility that fleet.toml does not name: add it to the connection's sites, restart,"
        f" then `{RETRY}`.",
    ),
}
