"""``python -m adapters.acs.sandbox --port N --sftp-port M --key KEY``: serves one account until stopped."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import asyncssh
import uvicorn

from adapters.acs.sandbox.app import new_app
from adapters.acs.sandbox.sftp import Login, listen
from adapters.acs.sandbox.site import Credentials, new_site


def main() -> None:
    """Reads the command line, prints the host key, and serves."""
    asked = argparse.ArgumentParser(prog="python -m adapters.acs.sandbox", description=__doc__)
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, required=True, help="HTTP: the order API and /_sandbox/…")
    asked.add_argument("--sftp-port", type=int, required=True)
    asked.add_argument("--seed", type=int, default=1, help="decides every dice roll")
    asked.add_argument("--key", action="append", required=True, help="a public key that may log in, or its file")
    asked.add_argument("--account", default="TESTACS", help="AccountCode, and who logs in over SFTP")
    asked.add_argument("--user", default=Credentials.user)
    asked.add_argument("--password", default=Credentials.password)
    asked.add_argument("--subscription-key", default=Credentials.key)
    asked.add_argument("--root", type=Path, help="where the folders lie; a temporary place if not given")
    asked.add_argument("--host-key", type=Path, help="a private key file, made if it is not there; else a fresh key")
    asked.add_argument(
        "--stock-file-at", help="when the daily file is laid, hh:mm on its clock; empty: on request alone"
    )
    given = asked.parse_args()
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    host_key = _host_key(given.host_key)
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    with ExitStack() as stack:
        root = given.root or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="acs-sandbox-")))
        credentials = Credentials(given.user, given.password, given.subscription_key)
        site = new_site(root, given.account, seed=given.seed, credentials=credentials)
        if given.stock_file_at is not None:
            site.switches.turn({"stock_file_at": given.stock_file_at})
        login = Login(given.account, [_public_key(one) for one in given.key], host_key)
        sys.stdout.write(f"{public}\n")
        sys.stdout.flush()
        about = {"host_key": public, "sftp_port": given.sftp_port, "root": str(root), "account": given.account}
        uvicorn.run(
            new_app(site, about, lambda: listen(site, given.host, given.sftp_port, login)),
            host=given.host,
            port=given.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )


def _public_key(given: str) -> asyncssh.SSHKey:
    return asyncssh.import_public_key(given if " " in given else Path(given).read_text())


def _host_key(path: Path | None) -> asyncssh.SSHKey:
    if path is not None and path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519")
    if path is not None:
        key.write_private_key(path)
        path.chmod(0o600)
    return key


if __name__ == "__main__":
    main()
