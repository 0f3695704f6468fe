"""Checkpoints: PyTrees of arrays, saved by name with orbax, without pickle.

A checkpoint holds the arrays and a description in JSON. The description holds the
version of the format, JSON that describes the run, the shape and the type of each
array, a checksum of all arrays, and facts. Facts are any JSON that the caller wants to
restore exactly. A second checksum protects the description.
"""

import json
import shutil
import time
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from lstm_music_jax import processes
from lstm_music_jax.training.differences import differences
from lstm_music_jax.training.versions import VERSION, upgraded_checkpoint
from lstm_music_jax.types import PyTree


class CheckpointError(ValueError):
    """Raised if a checkpoint is missing, is damaged, or does not fit the run."""


class SaveError(RuntimeError):
    """Raised if a file of a run cannot be written. The files saved earlier are kept."""


class Restored(NamedTuple):
    """A restored checkpoint: its step, its PyTree of arrays, and its facts (JSON)."""

    step: int
    tree: PyTree
    facts: dict[str, Any]


class Checkpoints:
    """Saves one series of checkpoints into one folder, and keeps the newest ones.

    A series is, for example, that of the best models of a run.

    A checkpoint becomes visible when it is complete: orbax writes to a temporary
    folder and renames it. After that, older ones are removed. Saving is asynchronous:
    `save` blocks only until the previous save is complete and the arrays are copied to
    the host.

    With several processes, only the first one saves. In the others, the methods do
    nothing.

    Attributes:
        seconds: total time for which saving has blocked the caller.
    """

    def __init__(
        self, folder: Path, belongs_to: Mapping[str, Any], keep: int | None = 1
    ) -> None:
        """Open the folder, and create it if it does not exist.

        Args:
            folder: must hold checkpoints of this series only.
            belongs_to: JSON that describes the run that saves the checkpoints.
            keep: number of checkpoints to keep; None for all.
        """
        self.folder, self.belongs_to = Path(folder).absolute(), belongs_to
        self.seconds = 0.0
        self._manager = _manager(self.folder, keep) if processes.is_first() else None

    def save(
        self, step: int, tree: PyTree, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Save one checkpoint: a PyTree of arrays, and facts.

        Args:
            step: the number of training steps taken, which names the checkpoint.
            tree: the arrays; each is saved under the name of its leaf.
            facts: any JSON, to be restored exactly; None for an empty object.

        Raises:
            SaveError: this checkpoint or the previous one cannot be written.
        """
        if self._manager is None:
            return
        with self._measured():
            # Arrays are copied, because the next training step may reuse their buffers.
            # The copies are NumPy arrays, because those do not record any devices.
            arrays = {
                name: np.array(leaf, order="C") for name, leaf in _by_name(tree).items()
            }
            content = {
                "version": VERSION,
                "belongs_to": self.belongs_to,
                "leaves": {name: _shape(leaf) for name, leaf in arrays.items()},
                "arrays": _checksum(arrays),
                "facts": facts or {},
            }
            about = {"content": content, "checksum": _checksum_of_json(content)}
            self._manager.save(
                step,
                args=ocp.args.Composite(
                    arrays=ocp.args.StandardSave(arrays),
                    about=ocp.args.JsonSave(about),
                ),
                force=True,
            )

    def wait(self) -> None:
        """Wait until every checkpoint is on disk.

        Raises:
            SaveError: a checkpoint cannot be written.
        """
        if self._manager is None:
            return
        with self._measured():
            self._manager.wait_until_finished()

    def require_no_failure(self) -> None:
        """Raise SaveError if the save in progress has already failed."""
        if self._manager is None:
            return
        with self._measured():
            self._manager.check_for_errors()

    def __enter__(self) -> "Checkpoints":
        """Return self. At the end of the `with` block, every save is on disk."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait until every checkpoint is on disk, and close the folder.

        If an error ended the `with` block, errors of saving are ignored, because they
        would hide that error.
        """
        if self._manager is None:
            return
        if kind is None:
            self.wait()
        # An error here would hide the error that ended the `with` block.
        with suppress(Exception):
            self._manager.close()

    @contextmanager
    def _measured(self) -> Iterator[None]:
        """Run a `with` block: add its time to `seconds`, raise errors as SaveError."""
        started = time.perf_counter()
        try:
            yield
        except Exception as error:
            raise SaveError(
                f"no checkpoint can be saved in {self.folder}: {_reason(error)}; "
                "the checkpoints saved before are kept"
            ) from error
        finally:
            self.seconds += time.perf_counter() - started


def saved_steps(folder: Path) -> list[int]:
    """Return the steps of the checkpoints in a folder, oldest first."""
    if not Path(folder).is_dir():
        return []
    names = (path.name for path in Path(folder).iterdir() if path.is_dir())
    return sorted(int(name) for name in names if name.isdecimal())


def replace_all(
    folder: Path, belongs_to: Mapping[str, Any], step: int, tree: PyTree
) -> None:
    """Make the checkpoint of one step the only one in a folder.

    If the folder has no readable checkpoint of that step, `tree` is saved as one, and a
    damaged one is renamed; see `set_aside`. The checkpoints of other steps are removed
    afterwards. So if the folder held a readable checkpoint before, it holds one at any
    time.

    Args:
        folder: the folder that `Checkpoints` was opened with.
        belongs_to: JSON that describes the run that saves the checkpoint.
        step: the step whose checkpoint is to remain.
        tree: the arrays of the run at that step.
    """
    steps = set(saved_steps(folder))
    if step in steps and not _is_readable(folder, step, tree):
        set_aside(folder, step)
        steps.remove(step)
    if step not in steps:
        with Checkpoints(folder, belongs_to, keep=None) as checkpoints:
            checkpoints.save(step, tree)
    for other in steps - {step}:
        _remove(folder, other)


def keep_newest(folder: Path, like: PyTree) -> None:
    """Remove all checkpoints of a folder except the newest one that can be read.

    Damaged checkpoints are renamed and not removed; see `set_aside`.

    Args:
        folder: the folder that `Checkpoints` was opened with.
        like: a PyTree of the checkpoints' arrays, or of their shapes.
    """
    found = False
    for step in reversed(saved_steps(folder)):
        if not _is_readable(folder, step, like):
            set_aside(folder, step)
        elif found:
            _remove(folder, step)
        else:
            found = True


def set_aside(folder: Path, step: int) -> None:
    """Rename a damaged checkpoint to `<step>.damaged`, so that nothing reads it."""
    damaged = Path(folder) / f"{step}.damaged"
    shutil.rmtree(damaged, ignore_errors=True)
    (Path(folder) / str(step)).rename(damaged)


def _is_readable(folder, step, like):
    try:
        _read(Path(folder).absolute() / str(step), step, like, {})
    # Orbax and the libraries below it raise a dozen types for damaged files.
    except Exception:
        return False
    return True


def _remove(folder, step):
    shutil.rmtree(Path(folder) / str(step))


def restore(
    folder: Path, like: PyTree, belongs_to: Mapping[str, Any] | None = None
) -> Restored:
    """Restore the newest intact checkpoint of `folder`, in the structure of `like`.

    A warning names the damaged checkpoints that are newer than the restored one.

    Args:
        folder: the folder that `Checkpoints` was opened with.
        like: a PyTree of arrays, or of their shapes (`jax.eval_shape`).
        belongs_to: JSON that describes a run, or a part of such a description. Keys
            that the checkpoint also has must have the same values there. Keys that it
            lacks are ignored, because they were added to the format after it was saved.
            With None, it may be of any run.

    Raises:
        CheckpointError: there is no checkpoint, or none is intact. Or the newest intact
            one is of another run, has other arrays, or has an unknown version. The
            message names up to three differences.
    """
    folder = Path(folder).absolute()
    if not folder.is_dir():
        raise CheckpointError(f"{folder} does not exist; no checkpoint was saved there")
    steps, damaged = saved_steps(folder), []
    if not steps:
        raise CheckpointError(f"{folder} holds no complete checkpoint")
    for step in reversed(steps):
        try:
            restored = _read(folder / str(step), step, like, belongs_to or {})
        except CheckpointError:
            raise
        except Exception as error:
            damaged.append(f"{step} ({_reason(error)})")
        else:
            if damaged:
                warnings.warn(
                    f"{folder} holds damaged checkpoints: {'; '.join(damaged)}; "
                    f"the one of step {step} is used",
                    stacklevel=2,
                )
            return restored
    raise CheckpointError(
        f"{folder} holds no usable checkpoint; damaged: {'; '.join(damaged)}"
    )


def _read(path, step, like, belongs_to):
    saved = _read_item(path, "about", ocp.args.JsonRestore())
    if _checksum_of_json(saved["content"]) != saved["checksum"]:
        raise ValueError("its description differs from the one that was saved")
    try:
        about = upgraded_checkpoint(saved["content"])
    except ValueError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    leaves = _by_name(like)
    _require_fit(path, about, leaves, belongs_to)
    arrays = _read_item(
        path,
        "arrays",
        ocp.args.StandardRestore(
            {name: np.empty(leaf.shape, leaf.dtype) for name, leaf in leaves.items()}
        ),
    )
    arrays = {name: np.asarray(arrays[name]) for name in leaves}
    if _checksum(arrays) != about["arrays"]:
        raise ValueError("its arrays differ from those that were saved")
    restored = [jnp.asarray(array) for array in arrays.values()]
    tree = jax.tree.unflatten(jax.tree.structure(like), restored)
    return Restored(step, tree, about["facts"])


def _require_fit(path, about, leaves, belongs_to):
    saved = about["leaves"]
    differing = differences(
        about["belongs_to"], json.loads(json.dumps(belongs_to))
    ) or differences(saved, {name: _shape(leaf) for name, leaf in leaves.items()})
    unknown, missing = saved.keys() - leaves.keys(), leaves.keys() - saved.keys()
    differing += [f"{name}: saved, but not wanted" for name in sorted(unknown)]
    differing += [f"{name}: wanted, but not saved" for name in sorted(missing)]
    if differing:
        raise CheckpointError(f"{path} does not fit: " + "; ".join(differing[:3]))


def _read_item(path, name, arguments):
    # An orbax CheckpointManager is not used, because it would also read the other
    # checkpoints of the folder, which may be damaged.
    if not (path / name).is_dir():
        raise ValueError(f"{name} is missing")
    with ocp.Checkpointer(
        _handlers()[name], multiprocessing_options=_this_process_only()
    ) as reader:
        return reader.restore(path / name, args=arguments)


def _manager(folder, keep):
    folder.mkdir(parents=True, exist_ok=True)
    return ocp.CheckpointManager(
        folder,
        options=ocp.CheckpointManagerOptions(
            max_to_keep=keep,
            cleanup_tmp_directories=True,
            create=False,
            multiprocessing_options=_this_process_only(),
        ),
        item_names=tuple(_handlers()),
        item_handlers=_handlers(),
    )


def _handlers():
    options = _this_process_only()
    return {
        "arrays": ocp.StandardCheckpointHandler(multiprocessing_options=options),
        "about": ocp.JsonCheckpointHandler(multiprocessing_options=options),
    }


def _this_process_only():
    """Return options for orbax with which a save does not wait for other processes."""
    index = jax.process_index()
    return ocp.options.MultiprocessingOptions(
        primary_host=index,
        active_processes={index},
        barrier_sync_key_prefix=f"process {index}",
    )


def _by_name(tree):
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf
        for path, leaf in leaves
    }


def _shape(leaf):
    return f"{leaf.dtype}{list(leaf.shape)}"


def _checksum(arrays):
    # Orbax's format protects its index, but not every byte of the arrays.
    total = 0
    for name in sorted(arrays):
        total = zlib.crc32(arrays[name].reshape(-1).view(np.uint8), total)
    return total


def _checksum_of_json(content):
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def _reason(error):
    text = " ".join(str(error).split())
    for known in ("No space left on device", "File too large", "Disk quota exceeded"):
        if known in text:
            return known
    return f"{type(error).__name__}: {text[:120]}"
