"""The command line of scripts: parse it, join processes, report errors in one line."""

import interrupts

import contextlib
import io
import logging
import re
import shlex
import sys
import tempfile
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
    """The processes that share the work; by default there is one."""

    cluster: bool = False
    """This is one of several processes; JAX asks the cluster's launcher for them."""
    coordinator: str | None = None
    """For processes started by hand: HOST:PORT of process 0."""
    process_id: int | None = None
    """For processes started by hand: the number of this process, from 0."""
    num_processes: int | None = None
    """For processes started by hand: the number of processes."""

    def join(self) -> None:
        """Join the other processes, if there are any."""
        by_hand = (self.coordinator, self.process_id, self.num_processes)
        if self.cluster or any(given is not None for given in by_hand):
            processes.join(*by_hand)


@dataclass(frozen=True)
class _Resumed:
    """The part of a command line that names the run to resume."""

    run: Path | None = None
    resume: bool = False


def run(
    main: Callable[[Arguments], None],
    arguments: type[Arguments],
    arguments_of_run: Callable[[Path], Arguments] | None = None,
) -> None:
    """Parse the command line into a frozen dataclass and call `main` with it.

    `arguments` is the dataclass. With `--resume`, an argument that is left out has the
    value that the run was started with. `arguments_of_run` returns these values, given
    the run folder; None for scripts without `--resume`.

    A wrong argument, or a file that cannot be read or written, gives one line on stderr
    and exit status 2. If a signal stops a training, the script exits with status 0 and
    a line that says how to resume. Compiled programs are kept in the cache folder,
    unless `JAX_COMPILATION_CACHE_DIR` names another folder.
    """
    _quieten()
    _print_anything()
    if not jax.config.jax_compilation_cache_dir:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "compiled"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    description = sys.modules[main.__module__].__doc__
    try:
        default = arguments_of_run and _default(arguments_of_run)
        parsed = _parse(arguments, description, default)
        with interrupts.raised():
            main(parsed)
    except Stopped as stop:
        train = Path(sys.argv[0]).with_name("train.py")
        command = ["python", str(train), "--run", str(stop.folder), "--resume"]
        if processes.is_first():
            print(f"{stop}; resume with: {shlex.join(command)}")
    except KeyboardInterrupt:
        processes.leave(130)
        raise SystemExit(130) from None
    except (ValueError, OSError, RuntimeError) as error:
        _fail(str(error))


def require_seed(seed: int) -> None:
    """Raise ValueError unless a seed is in [0, 2^32), the range for random keys."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed}; it must be in [0, 2^32)")


def require_at_least(arguments: object, **least: int) -> None:
    """Raise ValueError unless arguments, given by name, are at least so large."""
    for name, lowest in least.items():
        value = getattr(arguments, name)
        if value < lowest:
            raise ValueError(f"{name} is {value}; it must be {lowest} or more")


def require_folder(name: str, path: Path) -> None:
    """Raise ValueError unless files can be written to a folder at `path`.

    Args:
        name: name of the argument that gave the path, for the error.
        path: the folder, which need not exist.
    """
    for place in (path, *path.parents):
        if place.is_file():
            raise ValueError(
                f"{name} is {path}, and {place} is a file; it must be a folder"
            )
    nearest = next(
        place for place in (path, *path.absolute().parents) if place.is_dir()
    )
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise ValueError(
            f"{name} is {path}, and {nearest} cannot be written ({error.strerror}); it "
            "must be a folder that can"
        ) from None


def _default(arguments_of_run):
    """Return the arguments of the run to resume; None without `--resume`."""
    options = {"add_help": False, "return_unknown_args": True}
    resumed, _ = _one_line(
        tyro.cli, _Resumed, config=(tyro.conf.FlagCreatePairsOff,), **options
    )
    return arguments_of_run(resumed.run) if resumed.resume and resumed.run else None


def _parse(arguments, description, default):
    config = (tyro.conf.OmitArgPrefixes,)
    if default is None:
        return _one_line(
            tyro.cli,
            arguments,
            description=description,
            config=(*config, tyro.conf.FlagCreatePairsOff),
        )
    # A flag can be switched on or off, because the run may have started with either.
    return _one_line(
        tyro.cli, arguments, description=description, config=config, default=default
    )


def _one_line(parse, *arguments, **options):
    # tyro explains a wrong argument in a box of many lines. This makes it one line.
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            return parse(*arguments, **options)
    except SystemExit as stop:
        if stop.code != 2:
            raise
    # On a terminal without box characters, tyro draws the box with dashes and bars.
    frame = re.compile("[\u2500-\u257f]+|-{3,}|^[|+]|[|+]$", re.MULTILINE)
    message = " ".join(frame.sub(" ", box.getvalue()).split())
    # Some boxes repeat their title in the first line.
    message = re.sub(r"^(.+?) \1", r"\1", message, flags=re.IGNORECASE)
    _fail(message.partition("For full helptext")[0] + "(see --help)")


def _quieten():
    """Silence messages of libraries that repeat the script's own error line."""
    warnings.showwarning = _warn
    # Orbax logs the traceback of an error and then raises it. Its other reads and
    # writes then log that their event loop is closed.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    report = sys.unraisablehook

    def report_others(unraisable):
        if "Event loop is closed" not in str(unraisable.exc_value):
            report(unraisable)

    sys.unraisablehook = report_others


def _print_anything():
    """Let stdout escape letters that it cannot encode, as stderr does.

    They can occur in the name of a file.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _warn(message, category, *_):
    print("warning:", " ".join(str(message).split()), file=sys.stderr)


def _fail(message: str) -> NoReturn:
    print("error:", " ".join(message.split()), file=sys.stderr)
    processes.leave(2)
    raise SystemExit(2) from None
