"""Signals that end a run: the first lets it save, the second ends it at once."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """A signal stopped a run before its end; it is saved and can be resumed.

    A KeyboardInterrupt, so that no `except Exception` on the way goes on as if the
    run were complete.
    """

    def __init__(self, folder: Path, step: int, steps: int) -> None:
        """Say which run, and how far it came."""
        super().__init__(f"stopped at step {step} of {steps} and saved in {folder}")
        self.folder, self.step = folder, step


@contextmanager
def stop_on_signals(on_first: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether SIGINT or SIGTERM came; a second one exits.

    The handlers that were there before are back afterwards. Only the main thread may
    set handlers; in any other one nothing is set, and nothing ever came.

    `on_first` is called in a thread of its own, as the first signal comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    # None marks a handler that was not set from Python: it could not be put back.
    signals = [number for number in _SIGNALS if signal.getsignal(number) is not None]
    asked = threading.Event()
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def watch():
        while number := reader.recv(1):
            if number[0] not in signals:
                continue
            if asked.is_set():
                os._exit(128 + number[0])
            asked.set()
            on_first()

    # Python calls its handlers between two bytecodes of the main thread, which may be
    # seconds away while that waits for the device. The wake-up socket is written as
    # the signal comes, and a thread of our own reads it.
    thread = threading.Thread(target=watch, name="signals", daemon=True)
    thread.start()
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _leave_to_thread) for number in signals}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        writer.close()
        thread.join()
        reader.close()


def _leave_to_thread(*_):
    pass
