"""An application behind a free loopback port for as long as a block lasts."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn

PATIENCE = 60.0
_ending: list[threading.Thread] = []  # servers that are to end: nobody waits for one before the last test of a file


@contextmanager
def serve(app: Any, *, lifespan: Literal["off", "on"] = "off", wait: bool = False, **options: Any) -> Iterator[str]:
    """Serve an application; with ``wait`` it is gone when the block ends, otherwise when ``servers_end`` returns."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_level="error",
            lifespan=lifespan,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            **options,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + PATIENCE
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < ends, "the server did not start in time"
        time.sleep(0.002)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"{'https' if 'ssl_certfile' in options else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        if wait:
            server.force_exit = True
            thread.join(PATIENCE)
        else:
            _ending.append(thread)


def servers_end() -> None:
    """Wait for every server whose block has ended."""
    for thread in _ending:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in _ending)
    _ending.clear()


def self_signed(folder: Path) -> tuple[str, str]:
    """The files of a certificate of 127.0.0.1 and of its key. Skips the test where there is no openssl command."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(command.split(), check=True, capture_output=True, timeout=60)
    return str(certificate), str(key)
