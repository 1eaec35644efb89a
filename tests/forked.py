"""The process from which `tests/programs.py` forks programs: everything is imported, and no thread runs in it."""

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bot.cli import main


def _serve(orders: socket.socket) -> None:
    """Fork a program for each order, until there are no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever looks after a program is nobody's to wait for
    while True:
        order, files, _, _ = socket.recv_fds(orders, 65_536, 4)
        if not order:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            orders.close()
            _look_after(json.loads(order), files)
            return
        for each in files:
            os.close(each)


def _look_after(order: Mapping[str, Any], files: Sequence[int]) -> None:
    """Fork a program; tell its number, and how it ended."""
    *standard, tell = files
    pid = os.fork()
    if pid == 0:
        os.close(tell)
        for number, each in enumerate(standard):
            os.dup2(each, number)
            os.close(each)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        sys.argv[1:] = order["words"]
        main()  # leaves by SystemExit, as ever
    for each in standard:
        os.close(each)
    os.write(tell, b"%d\n" % pid)
    os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
