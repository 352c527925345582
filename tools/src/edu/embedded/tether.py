"""Ties a child process to its parent's life; becomes the child where the kernel can do that.

Run as a script: `tether.py SIGNAL PARENT PIPE COMMAND…`. On Linux it asks for SIGNAL at the
parent's death (PDEATHSIG) and turns into the command, so the process id is the command's. Elsewhere
PIPE is the read end of a pipe whose only write end the parent holds: it stays, runs the command as
its child, and sends SIGNAL when the pipe ends. It imports next to nothing, because every start
waits for it.
"""

import os
import signal
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1
PARENT_GONE = 3


def become(death: int, parent: int, command: list[str]) -> None:
    """Let the kernel send us this signal when the parent dies, then turn into the command."""
    import ctypes  # noqa: PLC0415 - only where it is needed

    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death, 0, 0, 0):
        sys.exit("prctl: " + os.strerror(ctypes.get_errno()))
    if os.getppid() != parent:  # it died before the request was in place
        sys.exit(PARENT_GONE)
    os.execvp(command[0], command)  # noqa: S606 - the command is our supervisor's


def watch(death: int, pipe: int, command: list[str]) -> int:
    """Run the command as a child; when the pipe ends, its holder is gone and the child goes too."""
    child = os.fork()
    if child == 0:
        os.close(pipe)
        os.execvp(command[0], command)  # noqa: S606 - the command is our supervisor's

    def forward(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    watcher = os.fork()
    if watcher == 0:
        os.setsid()
        os.read(pipe, 1)
        os.kill(child, death)
        os._exit(0)
    os.close(pipe)
    _, status = os.waitpid(child, 0)
    os.kill(watcher, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    first, second, third, *rest = sys.argv[1:]
    if third == "-":
        become(int(first), int(second), rest)
    else:
        sys.exit(abs(watch(int(first), int(third), rest)))
