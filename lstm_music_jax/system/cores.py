"""The number of the machine's cores that this process may use."""

import os


def count_cores() -> int:
    """Return the number of cores that this process may use, 1 or more.

    On platforms that do not say it, this is the number of all cores of the machine, or
    1 if that is unknown, too.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
