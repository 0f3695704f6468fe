"""Waits for what a page does by and by."""

import time


def wait_until(holds, seconds=20):
    """Wait until `holds()`."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
