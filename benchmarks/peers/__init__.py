"""The same work in other libraries, with the same weights; one file per library.

`load` imports the files. It leaves out a library that is not installed and prints a
line about it. A file has the first of these functions, and one or more of the others:

    set_up(threads, precise)             is called before anything else
    window_programs(weights, prompt)     argmax with an exact sliding window
    carried_programs(weights, streams)   draws from a carried state
    beam_programs(weights, members)      beam search of one population
    training_programs(weights, batch, config, dropout)   steps on the same batch
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

# PyTorch comes first. If TensorFlow's LLVM is already loaded, the LLVM of PyTorch's
# compiler ends the process.
NAMES = ("torch", "keras", "onnx")


def load(threads: int, precise: bool) -> list[ModuleType]:
    """Import the libraries that are installed and set them up.

    Args:
        threads: size of each library's own thread pool.
        precise: whether float32 products are formed in float32 even if the hardware
            has a shorter format.
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


def programs_of(
    libraries: Iterable[ModuleType], function: str, *arguments: Any
) -> list[Any]:
    """Call the function of this name in each library, and return all programs.

    A library without such a function has no programs.
    """
    found = []
    for library in libraries:
        if make := getattr(library, function, None):
            found += make(*arguments)
    return found
