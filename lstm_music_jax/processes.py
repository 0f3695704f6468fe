"""The only place that knows there are several processes, on one machine or on many.

Each has its own devices and all run the same program on the same data: what they
decide on the host has to be decided alike, and files are written by the first alone.
"""

import jax
import numpy as np


def join(
    coordinator: str | None = None,
    process_id: int | None = None,
    num_processes: int | None = None,
) -> None:
    """Join the other processes, before anything is computed.

    Without arguments JAX asks the launcher that started the processes (SLURM, Open
    MPI, Kubernetes, a TPU pod).

    Args:
        coordinator: HOST:PORT of the process with the id 0, which listens there.
        process_id: which one this is, from 0 on.
        num_processes: how many there are.

    Raises:
        ValueError: some are given and some are not, one is out of range, or there is
            no launcher to ask.
        RuntimeError: the others did not come.
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
        _require_sensible(coordinator, process_id, num_processes)
    # Ignored where there is something faster than a CPU.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(coordinator, num_processes, process_id)
    except ValueError as error:
        if not missing:
            raise
        raise ValueError(
            "no launcher has told of several processes (SLURM, Open MPI, ...); give "
            "coordinator, process_id and num_processes"
        ) from error


def _require_sensible(coordinator, process_id, num_processes):
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


def is_first() -> bool:
    """Tell whether this is the process that writes files and speaks."""
    return jax.process_index() == 0


def wait_for_all(name: str) -> None:
    """Return when all processes have come to the place of that name."""
    if jax.process_count() > 1:
        # Half a second to import, of no use to a process that is alone.
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(name)


def any_says(yes: bool) -> bool:
    """Tell all processes whether one of them says yes; each has to ask."""
    if jax.process_count() == 1:
        return yes
    from jax.experimental import multihost_utils

    return bool(np.any(multihost_utils.process_allgather(np.bool_(yes))))
