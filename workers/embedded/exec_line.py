"""Becomes a Procfile's command, so that it gets SIGTERM when the supervisor dies: ``python become.py FILE``.

Run by path and without the site packages, because it stands before every process's start.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() in {1, int(os.environ["FLEET_KEEPER"])}:  # whoever inherits orphans
            sys.exit("the supervisor went before its process had started")
    command = Path(sys.argv[1]).read_text(encoding="utf-8")
    os.execv("/bin/sh", ["sh", "-c", f"exec {command}"])  # noqa: S606  # the shell expands variables, then goes
