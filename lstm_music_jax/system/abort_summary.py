"""Prints one line instead of the C++ stack trace of JAX when another process has ended.

Several processes can share a computation. When JAX finds that another process has
ended, it aborts this one in C++, and prints messages and a stack trace of 20 lines or
more to standard error. Python cannot prevent this: JAX accepts a callback, but calling
it ends in `std::bad_cast` (jax 0.10 to 0.12). So the output of C++ goes through a small
helper process, which outlives the abort.
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
    """Print `line` instead of JAX's messages if JAX aborts because a process has ended.

    Other output of C++ to standard error appears as before, until a message comes that
    may precede an abort. This message and all output after it are held back, and appear
    when the process ends without such an abort. Python's `sys.stderr` is replaced by
    one that writes directly to the original standard error.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    reader, writer = os.pipe()
    subprocess.Popen(
        [sys.executable, "-I", __file__, line],
        stdin=reader,
        stderr=stderr,
        # Ctrl-C must not end the helper process before this one.
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
