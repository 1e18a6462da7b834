"""How a state looks: the word says it, the colour only helps."""

from __future__ import annotations

LOOKS = {
    **dict.fromkeys(
        ("delivered", "dispatched", "resolved", "open gate", "sent", "confirmed", "accepted", "credited", "refunded",
         "loaded", "posted", "read", "live"),
        "good",
    ),
    **dict.fromkeys(("dead", "shut", "critical", "error", "flagged", "missed", "missing", "late", "refused"), "bad"),
    **dict.fromkeys(
        ("held", "waiting", "warning", "cancelling", "part_dispatched", "closed_short", "unmapped", "uncosted",
         "quarantine"),
        "warn",
    ),
}  # fmt: skip


def look_of(word: str) -> str:
    """``good``, ``bad`` or ``warn``; empty for a word that is none of them."""
    return LOOKS.get(word, "")
