"""Cooperation of several processes, on one machine or on many machines.

Processes wait for each other, and agree, only through this module. Each process has its
own devices, and all processes run the same program on the same data. So all processes
must make the same decisions. Only the first process writes results, such as a run
folder.
"""

import os
import sys
import time
from collections.abc import Callable

import jax
import numpy as np

from lstm_music_jax.system.abort_summary import summarise_abort

# Seconds. With JAX's default of 100, processes wait too long for one that has died.
# With a value much below 30, a process that swaps memory counts as dead.
_HEARTBEAT_TIMEOUT = 30
# Seconds that other processes have to print their errors.
_GRACE = 2.0


def join(
    coordinator: str | None = None,
    process_id: int | None = None,
    num_processes: int | None = None,
) -> None:
    """Connect this process with all others; call this before anything is computed.

    A process counts as dead if it sends nothing for 30 seconds. All other processes
    then end too, with a line on standard error.

    Without arguments, JAX asks the launcher that started the processes, such as SLURM,
    Open MPI, Kubernetes or a TPU pod.

    Args:
        coordinator: HOST:PORT at which process 0 listens.
        process_id: the number of this process, from 0.
        num_processes: the number of processes.

    Raises:
        ValueError: only some arguments are given, one is out of range, or there is no
            launcher to ask.
        RuntimeError: the other processes did not join in time, or this process has
            joined or used JAX's devices already.
    """
    given = {
        "coordinator": coordinator,
        "process_id": process_id,
        "num_processes": num_processes,
    }
    missing = [name for name, value in given.items() if value is None]
    if 0 < len(missing) < 3:
        raise ValueError(
            f"{' and '.join(missing)} not given; coordinator, process_id and "
            "num_processes go together"
        )
    if not missing:
        _require_valid(coordinator, process_id, num_processes)
    # The library by which CPU devices communicate. Other devices ignore this setting.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    summarise_abort(
        "error: another process has ended, so this one ends too; when all have ended, "
        "start them again, and a training with --resume"
    )
    try:
        jax.distributed.initialize(
            coordinator,
            num_processes,
            process_id,
            heartbeat_timeout_seconds=_HEARTBEAT_TIMEOUT,
        )
    except ValueError as error:
        if not missing:
            raise
        raise ValueError(
            "no launcher of several processes was found (SLURM, Open MPI, ...); give "
            "coordinator, process_id and num_processes"
        ) from error


def _require_valid(coordinator, process_id, num_processes):
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 2**16):
        raise ValueError(
            f"coordinator is {coordinator}; it must be HOST:PORT, such as node1:12345"
        )
    if not 0 <= process_id < num_processes:
        raise ValueError(
            f"process_id is {process_id}; it must be from 0 to num_processes - 1 "
            f"= {num_processes - 1}"
        )


def leave(status: int) -> None:
    """Exit without waiting for other processes; call this after an error.

    An ordinary exit would wait for the other processes, and these may be waiting for
    this one. The first process waits 2 seconds, so that the others can print their
    errors. If this process has not called `join`, this function returns.

    Args:
        status: the exit status.
    """
    if not jax.distributed.is_initialized():
        return
    sys.stdout.flush()
    sys.stderr.flush()
    if is_first():
        # When the first process ends, all other processes are aborted. So it waits for
        # them, because they may have met the same error and must print their own line
        # first.
        time.sleep(_GRACE)
    os._exit(status)


def has_lost_others(error: Exception) -> bool:
    """Return whether an error may mean that another process can no longer be reached.

    After `join`, every runtime error of JAX counts, and every error that names Gloo,
    the library by which CPU devices communicate. Before `join`, no error counts.
    """
    if not jax.distributed.is_initialized():
        return False
    # An error of Gloo is a ValueError if it occurs while JAX dispatches a computation.
    return isinstance(error, jax.errors.JaxRuntimeError) or "Gloo" in str(error)


def is_first() -> bool:
    """Return whether this is the process that writes results and prints."""
    return jax.process_index() == 0


def wait_for_all(name: str) -> None:
    """Wait until every process has called this function at the same place.

    Args:
        name: the name of the place, which must be the same in all processes.
    """
    if jax.process_count() > 1:
        # The import takes half a second, so a single process skips it.
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(name)


def in_first(action: Callable[[], None]) -> None:
    """Call `action` in the first process; every process must call this.

    Raises:
        Exception: in the first process, whatever `action` raises.
        RuntimeError: in the other processes, if `action` failed in the first one.
    """
    failure = None
    if is_first():
        try:
            action()
        except Exception as error:
            failure = error
    if any_process(failure is not None):
        raise failure or RuntimeError(
            "process 0 cannot continue, so this process ends; process 0 says why"
        )


def any_process(condition: bool) -> bool:
    """Return whether `condition` holds in any process; every process must call this."""
    if jax.process_count() == 1:
        return condition
    from jax.experimental import multihost_utils

    return bool(np.any(multihost_utils.process_allgather(np.bool_(condition))))
