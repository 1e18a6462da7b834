"""``python -m adapters.gxo.sandbox --port N --control-port M --key KEY``: serves one client until stopped."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import asyncssh
import uvicorn

from adapters.gxo.sandbox.app import new_app
from adapters.gxo.sandbox.login import Login, listen
from adapters.gxo.sandbox.site import new_site


def main() -> None:
    """Reads the command line, prints the host key, and serves."""
    asked = argparse.ArgumentParser(prog="python -m adapters.gxo.sandbox", description=__doc__)
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, required=True, help="SFTP")
    asked.add_argument("--control-port", type=int, required=True, help="HTTP, /_sandbox/…")
    asked.add_argument("--seed", type=int, default=1, help="decides every dice roll")
    asked.add_argument("--key", action="append", required=True, help="a public key that may log in, or its file")
    asked.add_argument("--client", default="MODA", help="the client's code: ISA06 and first folder")
    asked.add_argument("--user", help="who logs in; the client's code if not given")
    asked.add_argument("--facility", action="append", help="a Facility ID; may be repeated")
    asked.add_argument("--root", type=Path, help="where the folders lie; a temporary place if not given")
    asked.add_argument("--host-key", type=Path, help="a private key file, made if it is not there; else a fresh key")
    told = asked.parse_args()
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    keys = [_public_key(one) for one in told.key]
    host_key = _host_key(told.host_key)
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    with ExitStack() as stack:
        root = told.root or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gxo-sandbox-")))
        site = new_site(root, told.client, told.facility or ["GBNH01"], seed=told.seed)
        login = Login(told.user or told.client, keys, host_key)
        sys.stdout.write(f"{public}\n")
        sys.stdout.flush()
        about = {"host_key": public, "fingerprint": host_key.get_fingerprint(), "port": told.port, "root": str(root)}
        uvicorn.run(
            new_app(site, about, lambda: listen(site, told.host, told.port, login)),
            host=told.host,
            port=told.control_port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )


def _public_key(told: str) -> asyncssh.SSHKey:
    path = Path(told)
    text = told if " " in told else path.read_text()
    return asyncssh.import_public_key(text)


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
