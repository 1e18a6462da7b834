"""``python -m adapters.clarus.sandbox --port N``: serves one tenant on loopback until stopped."""

from __future__ import annotations

import argparse

import uvicorn

from adapters.clarus.sandbox.app import new_app
from adapters.clarus.sandbox.tenant import new_tenant


def main() -> None:
    """Reads the command line and serves."""
    asked = argparse.ArgumentParser(prog="python -m adapters.clarus.sandbox", description=__doc__)
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, required=True)
    asked.add_argument("--seed", type=int, default=1, help="decides every dice roll")
    asked.add_argument("--subdomain", default="acme", help="the only X-Clarus-Subdomain that is served")
    asked.add_argument("--secret", default="sandbox-secret", help="client secret of the client sandbox-client")
    asked.add_argument("--token-seconds", type=float, default=3600.0)
    told = asked.parse_args()
    tenant = new_tenant(subdomain=told.subdomain, secret=told.secret, token_seconds=told.token_seconds, seed=told.seed)
    uvicorn.run(
        new_app(tenant),
        host=told.host,
        port=told.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
