"""Makes Ctrl-C end a script immediately, with exit status 130 and no traceback.

This takes effect when the module is imported. So `command_line`, which imports it, is
the first import of every script, because the other imports take half a second.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def _exit(*_):
    os._exit(130)


@contextmanager
def raised() -> Iterator[None]:
    """In a `with` block, let Ctrl-C raise KeyboardInterrupt, so files get closed."""
    if signal.getsignal(signal.SIGINT) is not _exit:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _exit)


_is_script = os.path.dirname(os.path.abspath(sys.argv[0])) == os.path.dirname(__file__)
# A background process of a shell ignores Ctrl-C, and must continue to ignore it.
if _is_script and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _exit)
