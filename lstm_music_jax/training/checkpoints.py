"""Saving and restoring PyTrees by name with orbax: no pickle, no half-written file.

A checkpoint holds arrays, and facts about them as JSON: what the caller wants to find
again to the bit, what the arrays belong to, their shapes, and a checksum.
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
from lstm_music_jax.types import PyTree


class CheckpointError(ValueError):
    """A checkpoint that is missing, unreadable, or of another model."""


class SaveError(RuntimeError):
    """A file of the run could not be written; what was saved before is kept."""


class Restored(NamedTuple):
    """What `restore` found: at which step, the arrays, and the caller's facts."""

    step: int
    tree: PyTree
    facts: dict[str, Any]


class Checkpoints:
    """The checkpoints of one kind in one folder, by step; the newest ones are kept.

    A checkpoint becomes visible when it is complete: orbax writes beside it and
    renames. Saving is asynchronous: `save` blocks while arrays are copied to the host,
    and while the save before it is unfinished.

    Of several processes the first alone saves; in the others nothing is done.

    Attributes:
      seconds: for how long `save` and the end of the context have blocked, in all.
    """

    def __init__(
        self, folder: Path, belongs_to: Mapping[str, Any], keep: int | None = 1
    ) -> None:
        """Open (and create) the folder.

        Args:
            folder: one for checkpoints of one kind alone.
            belongs_to: JSON that tells what every checkpoint here is part of.
            keep: how many; None for all.
        """
        self.folder, self.belongs_to = Path(folder).absolute(), belongs_to
        self.seconds = 0.0
        self._manager = _manager(self.folder, keep) if processes.is_first() else None

    def save(
        self, step: int, tree: PyTree, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Save a PyTree of arrays under its leaves' names, and facts as JSON.

        Raises:
            SaveError: this one or the one before it cannot be written.
        """
        if self._manager is None:
            return
        with self._blocking():
            # Copies: the buffers may be given to the next dispatch, and a plain array
            # does not remember which devices it was on.
            arrays = {
                name: np.array(leaf, order="C") for name, leaf in _by_name(tree).items()
            }
            content = {
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

    def require_no_failure(self) -> None:
        """Raise SaveError if the save under way has failed already."""
        if self._manager is None:
            return
        with self._blocking():
            self._manager.check_for_errors()

    def __enter__(self) -> "Checkpoints":
        """Use as a context: leaving it waits until every save is on disk."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait, and let go of the folder."""
        if self._manager is None:
            return
        if kind is None:
            with self._blocking():
                self._manager.wait_until_finished()
        # What ends the context is to be heard of, not what follows from it.
        with suppress(Exception):
            self._manager.close()

    @contextmanager
    def _blocking(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            raise SaveError(
                f"no checkpoint could be saved in {self.folder}: {_reason(error)}; "
                "those saved before are kept"
            ) from error
        finally:
            self.seconds += time.perf_counter() - began


def saved_steps(folder: Path) -> list[int]:
    """Return the steps of the checkpoints in a folder, oldest first."""
    if not Path(folder).is_dir():
        return []
    names = (path.name for path in Path(folder).iterdir() if path.is_dir())
    return sorted(int(name) for name in names if name.isdecimal())


def replace_all(
    folder: Path, belongs_to: Mapping[str, Any], step: int | None, tree: PyTree
) -> None:
    """Make the checkpoint of a step the only one of a folder; None for none at all.

    One that is there is left if it can be read. There is a readable one at any time.
    """
    there = set(saved_steps(folder))
    if step in there:
        try:
            _read(Path(folder).absolute() / str(step), step, tree, {})
        except Exception:
            remove(folder, step)
            there.remove(step)
    if step is not None and step not in there:
        with Checkpoints(folder, belongs_to, keep=None) as checkpoints:
            checkpoints.save(step, tree)
    for other in there - {step}:
        remove(folder, other)


def remove(folder: Path, step: int) -> None:
    """Remove one checkpoint."""
    shutil.rmtree(Path(folder) / str(step))


def restore(
    folder: Path, like: PyTree, belongs_to: Mapping[str, Any] | None = None
) -> Restored:
    """Restore the newest checkpoint of `folder` in the structure of `like`.

    A damaged one is named in a warning, and the one before it is used.

    Args:
        folder: what `Checkpoints` was opened with.
        like: a PyTree of arrays, or of their shapes (`jax.eval_shape`).
        belongs_to: what the checkpoint must be part of; names that it does not know,
            because they are newer, are passed over.

    Raises:
        CheckpointError: none there, none usable, or one that does not fit: each
            difference is named.
    """
    folder = Path(folder).absolute()
    if not folder.is_dir():
        raise CheckpointError(f"{folder} does not exist; no checkpoint was saved there")
    steps, damaged = saved_steps(folder), []
    if not steps:
        raise CheckpointError(f"{folder} holds no complete checkpoint")
    for step in reversed(steps):
        try:
            found = _read(folder / str(step), step, like, belongs_to or {})
        except CheckpointError:
            raise
        # Orbax and what it reads with raise a dozen types for damaged files.
        except Exception as error:
            damaged.append(f"{step} ({_reason(error)})")
        else:
            if damaged:
                warnings.warn(
                    f"{folder} holds damaged checkpoints: {'; '.join(damaged)}; "
                    f"the one of step {step} is used",
                    stacklevel=2,
                )
            return found
    raise CheckpointError(
        f"{folder} holds no usable checkpoint; damaged: {'; '.join(damaged)}"
    )


def _read(path, step, like, belongs_to):
    about = _read_item(path, "about", ocp.args.JsonRestore())
    if _checksum_of_json(about["content"]) != about["checksum"]:
        raise ValueError("its description is not the one that was saved")
    about = about["content"]
    wanted = _by_name(like)
    differing = differences(
        about["belongs_to"], json.loads(json.dumps(belongs_to))
    ) or differences(
        about["leaves"], {name: _shape(leaf) for name, leaf in wanted.items()}
    )
    strange = about["leaves"].keys() - wanted.keys()
    differing += [f"{name}: saved, but not wanted" for name in sorted(strange)]
    missing = wanted.keys() - about["leaves"].keys()
    differing += [f"{name}: wanted, but not saved" for name in sorted(missing)]
    if differing:
        raise CheckpointError(f"{path} does not fit: " + "; ".join(differing[:3]))
    arrays = _read_item(
        path,
        "arrays",
        ocp.args.StandardRestore(
            {name: np.empty(leaf.shape, leaf.dtype) for name, leaf in wanted.items()}
        ),
    )
    arrays = {name: np.asarray(arrays[name]) for name in wanted}
    if _checksum(arrays) != about["arrays"]:
        raise ValueError("its arrays are not those that were saved")
    leaves = [jnp.asarray(array) for array in arrays.values()]
    tree = jax.tree.unflatten(jax.tree.structure(like), leaves)
    return Restored(step, tree, about["facts"])


def _read_item(path, name, arguments):
    # Each by itself: a manager would look at its neighbours, which may be damaged.
    if not (path / name).is_dir():
        raise ValueError(f"{name} is missing")
    with ocp.Checkpointer(
        _handlers()[name], multiprocessing_options=_alone()
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
            multiprocessing_options=_alone(),
        ),
        item_names=tuple(_handlers()),
        item_handlers=_handlers(),
    )


def _handlers():
    alone = _alone()
    return {
        "arrays": ocp.StandardCheckpointHandler(multiprocessing_options=alone),
        "about": ocp.JsonCheckpointHandler(multiprocessing_options=alone),
    }


def _alone():
    """Return what tells orbax to wait for no other process."""
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
    # Orbax's format guards its index, and not every byte of the arrays.
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
