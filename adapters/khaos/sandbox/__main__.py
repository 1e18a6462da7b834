"""``python -m adapters.khaos.sandbox --port N``: the sandbox as a process of its own."""

from __future__ import annotations

import argparse

import uvicorn

from adapters.khaos.sandbox.app import create_app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m adapters.khaos.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=0, help="where the numbering of codes begins")
    parser.add_argument("--auth", default="", metavar="USER:PASS", help="HTTP Basic, required when given")
    parser.add_argument(
        "--argument", default="", metavar="NAME=VALUE", help="a SOAP argument that every call must carry"
    )
    parser.add_argument("--confirm-shipment", action="store_true", help="offer the unpublished ConfirmShipment")
    parser.add_argument("--post-stock-journal", action="store_true", help="offer the unpublished PostStockJournal")
    parser.add_argument("--certfile", help="serve TLS with this certificate")
    parser.add_argument("--keyfile")
    given = parser.parse_args()
    user, _, password = given.auth.partition(":")
    name, _, value = given.argument.partition("=")
    uvicorn.run(
        create_app(
            seed=given.seed,
            auth=(user, password) if given.auth else None,
            argument=(name, value) if given.argument else None,
            confirm_shipment=given.confirm_shipment,
            post_stock_journal=given.post_stock_journal,
        ),
        host=given.host,
        port=given.port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        ssl_certfile=given.certfile,
        ssl_keyfile=given.keyfile,
    )


if __name__ == "__main__":
    main()
