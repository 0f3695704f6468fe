"""One line instead of the C++ stack of a process whose peers have ended.

When JAX finds that another process has ended, it aborts this one in C++. It prints
some messages and a stack, 20 lines and more, to standard error. Python cannot step in:
JAX can be given a callback, but calling it ends in `std::bad_cast` (jax 0.10 to 0.12).
So what C++ prints goes through a small process, which outlives the abort.
"""

import os
import re
import subprocess
import sys

_FATAL = b"Terminating process because the JAX distributed service detected fatal"
_BEGIN = re.compile(
    rb"[WEF]\d{4} .* (preemption_sync_manager|coordination_service\w*|client)\.(cc|h):"
)


def summarise_abort(line: str) -> None:
    """Print `line` in place of what JAX prints when it aborts for lack of a peer.

    Everything else that C++ prints appears as before. If messages that may lead to an
    abort come without one, they appear when the process ends. `sys.stderr` of Python
    is replaced, and writes to where it wrote before.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    reader, writer = os.pipe()
    subprocess.Popen(
        [sys.executable, "-I", __file__, line],
        stdin=reader,
        stderr=stderr,
        # Ctrl-C must not end it before this process.
        start_new_session=True,
    )
    os.close(reader)
    os.dup2(writer, 2)
    os.close(writer)
    sys.stderr = os.fdopen(stderr, "w", buffering=1, errors="backslashreplace")


def _filter(line):
    held = []
    for printed in sys.stdin.buffer:
        if held or _BEGIN.match(printed):
            held.append(printed)
        else:
            _print(printed)
    text = b"".join(held)
    _print(f"{line}\n".encode() if _FATAL in text else text)


def _print(text):
    sys.stderr.buffer.write(text)
    sys.stderr.buffer.flush()


if __name__ == "__main__":
    _filter(sys.argv[1])
