"""A connection that cannot be reached, is not live, or was shut; a partner that makes no sense."""

from __future__ import annotations

from workers.spine.policy.rows import ENGINEERING, OPERATIONS, RETRY, SUPPORT, Verdict

VERDICTS = {
    "unavailable": Verdict(SUPPORT, "error", f"See whether the other system is up; when it is, `{RETRY}`.", retries=12),
    "throttled": Verdict(
        SUPPORT, "warning", "Lower the connection's rate in fleet.toml, or ask the partner for more.", retries=50
    ),
    "told_to_wait": Verdict(
        SUPPORT,
        "error",
        "A partner has told us to wait for more than a quarter of an hour: ask them why, or lower the connection's rate"
        " in fleet.toml.",
    ),
    "unauthorised": Verdict(
        SUPPORT, "critical", "Renew the connection's credentials and restart the fleet.", retries=50
    ),
    "garbled": Verdict(SUPPORT, "error", f"Ask the partner what their system answered; then `{RETRY}`.", retries=5),
    "connection_shut": Verdict(
        SUPPORT, "critical", "The connection is down and is probed by itself; call the partner if it lasts."
    ),
    "calls_refused": Verdict(
        SUPPORT,
        "error",
        "A partner's calls to us are refused again and again: compare the token, key or password of that door in"
        " fleet.toml with what the partner uses.",
    ),
    "connection_paused": Verdict(
        OPERATIONS,
        "warning",
        "A person paused it: nothing is sent to it, its messages wait. When the reason is over, resume it on the desk's"
        " page Flows, or `fleet open CONNECTION`.",
    ),
    "suspect_release": Verdict(
        ENGINEERING,
        "critical",
        "Many messages died of one new cause: see whether a release or a setting caused it, then `fleet open"
        " CONNECTION`.",
    ),
    "not_live": Verdict(
        OPERATIONS,
        "info",
        "A new connection: nothing is sent to it. Run `fleet go-live NAME`, Khaos Control first.",
    ),
    "go_live_unmatched": Verdict(
        OPERATIONS,
        "error",
        "It may be at the warehouse from the integration before: look there. If it is not, `fleet go-live NAME --send"
        " ORDER`; if it is, take the invoice off its ready stage in Khaos Control.",
    ),
    "ledger_restored_suspected": Verdict(
        SUPPORT,
        "critical",
        "Nothing is sent to this connection. Was the ledger restored from a backup? Then `fleet restored`, and"
        " `fleet go-live NAME` for each warehouse. If it surely was not: `fleet open NAME`.",
    ),
}
