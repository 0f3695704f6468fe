"""What every script does with its command line: parse it, run, fail in one line."""

import contextlib
import io
import re
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

import jax
import tyro

from lstm_music_jax.cache_folder import cache_folder

Arguments = TypeVar("Arguments")


def run(main: Callable[[Arguments], None], arguments: type[Arguments]) -> None:
    """Parse the command line into a frozen dataclass and call `main` with it.

    What is wrong with an argument, and any file that cannot be read or written, is one
    line on stderr and exit status 2. Compiled programs are kept in the cache folder.
    """
    jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    parsed = _parse(arguments, sys.modules[main.__module__].__doc__)
    try:
        main(parsed)
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
    message = re.sub("[\u2500-\u257f]+", " ", box.getvalue())
    _fail(message.partition("For full helptext")[0] + "(see --help)")


def _fail(message: str) -> NoReturn:
    print("error:", " ".join(message.split()), file=sys.stderr)
    raise SystemExit(2) from None
