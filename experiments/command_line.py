"""What scripts do with a command line: parse it, join others, run, fail in one line."""

import contextlib
import io
import logging
import re
import shlex
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import jax
import tyro

from lstm_music_jax import processes
from lstm_music_jax.system.cache_folder import cache_folder
from lstm_music_jax.training.signals import Stopped

Arguments = TypeVar("Arguments")


@dataclass(frozen=True)
class Processes:
    """Several processes that share the work; by default there is only this one."""

    cluster: bool = False
    """One of several processes, which JAX asks the cluster's launcher about."""
    coordinator: str | None = None
    """Started by hand: HOST:PORT where the process with the id 0 can be reached."""
    process_id: int | None = None
    """Started by hand: which one this is, from 0 on."""
    num_processes: int | None = None
    """Started by hand: how many there are."""

    def join(self) -> None:
        """Meet the others, if there are any."""
        by_hand = (self.coordinator, self.process_id, self.num_processes)
        if self.cluster or any(given is not None for given in by_hand):
            processes.join(*by_hand)


def run(main: Callable[[Arguments], None], arguments: type[Arguments]) -> None:
    """Parse the command line into a frozen dataclass and call `main` with it.

    What is wrong with an argument, and any file that cannot be read or written, is one
    line on stderr and exit status 2. Compiled programs are kept in the cache folder.

    Where a signal stops a training, the script ends there, with exit status 0 and a
    line that says how to go on.
    """
    _quieten()
    jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    parsed = _parse(arguments, sys.modules[main.__module__].__doc__)
    try:
        main(parsed)
    except Stopped as stop:
        train = Path(sys.argv[0]).with_name("train.py")
        command = ["python", str(train), "--run", str(stop.folder), "--resume"]
        if processes.is_first():
            print(f"{stop}; go on with: {shlex.join(command)}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (ValueError, OSError, RuntimeError) as error:
        _fail(str(error))


def _parse(arguments, description):
    # tyro explains a wrong argument in a box of many lines; ours is one line.
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            return tyro.cli(
                arguments,
                description=description,
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
            )
    except SystemExit as stop:
        if stop.code != 2:
            raise
    # Its lines are dashes and bars where the terminal has no better ones.
    lines = re.compile("[\u2500-\u257f]+|-{3,}|^[|+]|[|+]$", re.MULTILINE)
    message = " ".join(lines.sub(" ", box.getvalue()).split())
    # Some boxes begin with what their title says.
    message = re.sub(r"^(.+?) \1", r"\1", message, flags=re.IGNORECASE)
    _fail(message.partition("For full helptext")[0] + "(see --help)")


def _quieten():
    """Leave of what libraries say what is not said again, in one line, by an error."""
    warnings.showwarning = _warn
    # Orbax logs the traceback of an error before it raises it, and its other reads or
    # writes under way then find their event loop gone.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    tell = sys.unraisablehook

    def tell_others(unraisable):
        if "Event loop is closed" not in str(unraisable.exc_value):
            tell(unraisable)

    sys.unraisablehook = tell_others


def _warn(message, category, *_):
    print("warning:", " ".join(str(message).split()), file=sys.stderr)


def _fail(message: str) -> NoReturn:
    print("error:", " ".join(message.split()), file=sys.stderr)
    raise SystemExit(2) from None
