"""A RabbitMQ of one's own on loopback, where the package rabbitmq-server is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from workers.embedded.folder import free_ports

PATIENCE = 120.0


def installed() -> Path | None:
    """The program, as Debian's package lays it, or None."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return found[-1] if found and shutil.which("epmd") else None


class Rabbit:
    """A server in ``folder`` with its own name service; its queues outlive a stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._epmd, self._dist = free_ports(3)
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"fleet{self._port}@localhost", "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"), "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"), "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
        }  # fmt: skip
        (folder / "plugins").write_text("[].")
        (folder / ".erlang.cookie").write_text("a-cookie-of-this-test")
        (folder / ".erlang.cookie").chmod(0o600)
        epmd = ["epmd", "-address", "127.0.0.1", "-port", str(self._epmd)]
        self._names = subprocess.Popen(epmd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Return the URL once the server takes connections."""
        program = installed()
        assert program is not None
        with (self._folder / "rabbit.log").open("ab") as log:
            self._server = subprocess.Popen(
                [program], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and self._server.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return self.url
            time.sleep(0.1)
        raise AssertionError((self._folder / "rabbit.log").read_text()[-3000:])

    def kill(self) -> None:
        """End the server without a word to anybody."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(30)
            self._server = None

    def close(self) -> None:
        """End everything that was started."""
        self.kill()
        self._names.kill()
        self._names.wait(30)
