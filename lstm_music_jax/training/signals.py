"""Signals that stop a run: the first lets it save, the second exits immediately."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """Raised if a signal has stopped a run. The run is saved and can be resumed.

    It is a KeyboardInterrupt, so that no `except Exception` in a caller treats the run
    as complete.
    """

    def __init__(self, folder: Path, step: int, steps: int) -> None:
        """Make a message of the run's folder, the last step and the number of steps."""
        super().__init__(f"stopped at step {step} of {steps} and saved in {folder}")
        self.folder, self.step = folder, step


@contextmanager
def stop_on_signals(on_first: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Yield, as a context manager, a function that says if SIGINT or SIGTERM has come.

    If a second signal comes, the process exits. When the `with` block ends, the
    handlers that were set before it are restored. A signal whose handler was not set
    from Python keeps it, and is not noticed. Python allows only the main thread to set
    signal handlers. In another thread, signals are not handled, and the function always
    returns False.

    Args:
        on_first: called in a separate thread as soon as the first signal comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    # None marks a handler that was not set from Python, and cannot be restored.
    signals = [number for number in _SIGNALS if signal.getsignal(number) is not None]
    came = threading.Event()
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def watch():
        while number := reader.recv(1):
            if number[0] not in signals:
                continue
            if came.is_set():
                os._exit(128 + number[0])
            came.set()
            on_first()

    # Python calls a handler only between two bytecodes of the main thread, which may
    # wait for the device for seconds. The wake-up socket is written immediately, so a
    # thread that reads it knows of the signal without delay.
    thread = threading.Thread(target=watch, name="signals", daemon=True)
    thread.start()
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _leave_to_thread) for number in signals}
    try:
        yield came.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        writer.close()
        thread.join()
        reader.close()


def _leave_to_thread(*_):
    pass
