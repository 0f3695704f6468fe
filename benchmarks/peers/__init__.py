"""The same job in other libraries, with the same weights; one library a file.

Each is imported when it is asked for, and left out with a line where it is missing.
A file has what it can do of these:

    set_up(threads, precise)                 before anything else
    window_programs(weights, prompt)         argmax of an exact sliding window
    carried_programs(weights, streams)       draws from a state that is carried on
    training_programs(weights, batch, config, dropout)       steps on the same batch
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

# PyTorch first: its compiler brings an LLVM that ends the process where TensorFlow's is
# there already.
NAMES = ("torch", "keras", "onnx")


def load(threads: int, precise: bool) -> list[ModuleType]:
    """Import what is installed, and let it use as many threads.

    Args:
        threads: of each library's own pool.
        precise: whether float32 products are formed in float32 where the hardware
            has something shorter.
    """
    found = []
    for name in NAMES:
        try:
            peer = import_module(f"peers.{name}")
            peer.set_up(threads, precise)
        except ImportError as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
        else:
            found.append(peer)
    return found


def programs(others: Iterable[ModuleType], what: str, *arguments: Any) -> list[Any]:
    """Return the peers' programs for a job, of those that have any."""
    found = []
    for peer in others:
        if make := getattr(peer, what, None):
            found += make(*arguments)
    return found
