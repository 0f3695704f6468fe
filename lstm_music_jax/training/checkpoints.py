"""Saving and restoring PyTrees by name with orbax: no pickle, no half-written file."""

from pathlib import Path

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from lstm_music_jax.types import PyTree


class CheckpointError(ValueError):
    """A checkpoint that is missing, unreadable, or of another model."""


class Checkpoints:
    """The checkpoints of one kind in one folder, by step; the newest ones are kept.

    A checkpoint becomes visible when it is complete: orbax writes beside it and
    renames. Saving is asynchronous.
    """

    def __init__(self, folder: Path, keep: int = 1) -> None:
        """Open (and create) the folder."""
        self.folder = Path(folder).absolute()
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep, cleanup_tmp_directories=True
        )
        self._manager = _open(self.folder, options)

    def save(self, step: int, tree: PyTree) -> None:
        """Save a PyTree of arrays under its leaves' names."""
        self._manager.save(step, args=ocp.args.StandardSave(_by_name(tree)), force=True)

    def __enter__(self) -> "Checkpoints":
        """Use as a context: leaving it waits until every save is on disk."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait, and let go of the folder."""
        self._manager.close()


def restore(folder: Path, like: PyTree) -> PyTree:
    """Restore the newest checkpoint of `folder` in the structure of `like`.

    Args:
        folder: what `Checkpoints` was opened with.
        like: a PyTree of arrays, or of their shapes (`jax.eval_shape`).

    Raises:
        CheckpointError: none there, or leaves that differ, each named.
    """
    folder = Path(folder).absolute()
    if not folder.is_dir():
        raise CheckpointError(f"{folder} does not exist; no checkpoint was saved there")
    with _open(folder) as manager:
        step = manager.latest_step()
        if step is None:
            raise CheckpointError(f"{folder} holds no complete checkpoint")
        wanted = {
            name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)
            for name, leaf in _by_name(like).items()
        }
        saved = dict(manager.item_metadata(step).items())
        differing = [
            f"{name}: saved {_shape(saved.get(name))}, "
            f"wanted {_shape(wanted.get(name))}"
            for name in sorted(saved.keys() | wanted.keys())
            if _shape(saved.get(name)) != _shape(wanted.get(name))
        ]
        if differing:
            raise CheckpointError(
                f"{folder}/{step} does not fit this model: " + "; ".join(differing[:3])
            )
        restored = manager.restore(step, args=ocp.args.StandardRestore(wanted))
    leaves = [jnp.asarray(restored[name]) for name in _by_name(like)]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _open(folder, options=None):
    return ocp.CheckpointManager(
        folder, options=options, item_handlers=ocp.StandardCheckpointHandler()
    )


def _by_name(tree):
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf
        for path, leaf in leaves
    }


def _shape(leaf):
    return "nothing" if leaf is None else f"{leaf.dtype}{list(leaf.shape)}"
