"""Checkpoints: which are refused, how damage is handled, and that none is a pickle."""

import pickle
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.training.checkpoints import (
    CheckpointError,
    Checkpoints,
    keep_newest,
    replace_all,
    restore,
    saved_steps,
)

BELONGS_TO = {"model": {"sizes": (16, 8), "dropout": 0.1}, "symbols": ["a", "b"] * 9}
FACTS = {"loss": 0.1 + 0.2, "best": float("inf"), "steps": 3}


def tree(step):
    noise = np.random.default_rng(step).normal(size=20_000).astype(np.float32)
    return {"noise": jnp.asarray(noise), "deep": [jnp.int32(step), jnp.ones((2, 3))]}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints") / "last"
    with Checkpoints(folder, BELONGS_TO, keep=2) as checkpoints:
        for step in (10, 20, 30):
            checkpoints.save(step, tree(step), FACTS | {"step": step})
    assert checkpoints.seconds > 0
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "last")


def require(found, step):
    assert found.step == step
    assert found.facts == FACTS | {"step": step}
    jax.tree.map(np.testing.assert_array_equal, found.tree, tree(step))


def test_restores_what_was_saved_and_keeps_two(pristine):
    require(restore(pristine, tree(0), BELONGS_TO), 30)
    assert saved_steps(pristine) == [20, 30]


def files(part):
    """Return the files of a part of a checkpoint by size, because names are random."""
    return sorted(
        (path for path in part.rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )


def drop_description(checkpoint):
    (checkpoint / "about" / "metadata").unlink()


def truncate_arrays(checkpoint):
    data = files(checkpoint / "arrays")[-1]
    data.write_bytes(data.read_bytes()[:-1000])


def empty_arrays(checkpoint):
    files(checkpoint / "arrays")[-1].write_bytes(b"")


def flip_a_bit_of_the_arrays(checkpoint):
    data = files(checkpoint / "arrays")[-1]
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 4
    data.write_bytes(content)


def change_a_digit_of_the_facts(checkpoint):
    about = checkpoint / "about" / "metadata"
    content = about.read_text()
    assert "0.30000000000000004" in content
    about.write_text(content.replace("0.30000000000000004", "0.30000000000000005"[:-1]))


def drop_array_files(checkpoint):
    shutil.rmtree(checkpoint / "arrays" / "ocdbt.process_0")


def truncate_index(checkpoint):
    index = checkpoint / "arrays" / "manifest.ocdbt"
    index.write_bytes(index.read_bytes()[:40])


def drop_arrays(checkpoint):
    shutil.rmtree(checkpoint / "arrays")


def drop_everything(checkpoint):
    shutil.rmtree(checkpoint)
    checkpoint.mkdir()


def put_noise_everywhere(checkpoint):
    for path in files(checkpoint):
        path.write_bytes(b"\x93noise" * 10)


DAMAGES = [
    drop_description,
    truncate_arrays,
    empty_arrays,
    flip_a_bit_of_the_arrays,
    change_a_digit_of_the_facts,
    drop_array_files,
    truncate_index,
    drop_arrays,
    drop_everything,
    put_noise_everywhere,
]


# Other reads of Orbax that are in progress raise because their event loop is closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_named_and_the_one_before_is_used(folder, damage):
    damage(folder / "30")
    with pytest.warns(UserWarning, match=r"damaged checkpoints: 30 \(.* 20 is used"):
        found = restore(folder, tree(0), BELONGS_TO)
    require(found, 20)


def test_the_metadata_that_orbax_writes_with_the_arrays_is_not_needed(folder):
    (folder / "30" / "arrays" / "_METADATA").unlink()
    require(restore(folder, tree(0), BELONGS_TO), 30)


def test_all_damaged_are_named(folder):
    truncate_arrays(folder / "20")
    drop_everything(folder / "30")
    with pytest.raises(CheckpointError, match=r"no usable .*damaged: 30 \(.*; 20 \("):
        restore(folder, tree(0), BELONGS_TO)


def test_a_half_written_one_is_invisible(folder):
    (folder / "40.orbax-checkpoint-tmp").mkdir()
    require(restore(folder, tree(0), BELONGS_TO), 30)


def test_goes_on_saving_beside_a_damaged_one(folder):
    truncate_arrays(folder / "20")
    with Checkpoints(folder, BELONGS_TO, keep=2) as checkpoints:
        checkpoints.save(40, tree(40), FACTS | {"step": 40})
    assert saved_steps(folder) == [30, 40]
    require(restore(folder, tree(0), BELONGS_TO), 40)


def test_a_missing_checkpoint_is_an_error(tmp_path):
    with pytest.raises(CheckpointError, match="does not exist"):
        restore(tmp_path / "none", tree(0))
    with pytest.raises(CheckpointError, match="holds no complete checkpoint"):
        restore(tmp_path, tree(0))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            {"model": {"sizes": (16, 4)}},
            r"30 does not fit: model.sizes\[1\]: saved 8, wanted 4",
        ),
        ({"model": {"sizes": (16,)}}, r"model.sizes: saved \[16, 8\], wanted \[16\]"),
        (
            {"model": {"sizes": (16, 8), "dropout": 0.2}},
            "model.dropout: saved 0.1, wanted 0.2",
        ),
        ({"symbols": ["a"] * 17}, "symbols: saved 18 entries, wanted 17"),
        ({"symbols": ["a"] * 18}, r"symbols\[1\]: saved b, wanted a"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_with_the_difference(
    pristine, wanted, message
):
    with pytest.raises(CheckpointError, match=message):
        restore(pristine, tree(0), wanted)


def test_a_setting_newer_than_the_checkpoint_is_ignored(pristine):
    require(restore(pristine, tree(0), {"model": {"newer": 1}, "other": 2}), 30)


def test_other_leaves_are_named(pristine):
    other = tree(0) | {"deep": [jnp.int32(0), jnp.ones((2, 4))], "more": jnp.ones(2)}
    with pytest.raises(CheckpointError) as error:
        restore(pristine, other)
    message = str(error.value)
    assert "deep.1: saved float32[2, 3], wanted float32[2, 4]" in message
    assert "more: wanted, but not saved" in message


def test_replace_all_leaves_one_checkpoint(folder):
    replace_all(folder, BELONGS_TO, 20, tree(20))
    assert saved_steps(folder) == [20]
    drop_arrays(folder / "20")
    replace_all(folder, BELONGS_TO, 20, tree(21))
    np.testing.assert_array_equal(restore(folder, tree(0)).tree["deep"][0], 21)
    replace_all(folder, BELONGS_TO, 10, tree(10))
    assert saved_steps(folder) == [10]


def test_keep_newest_leaves_the_newest_that_can_be_read(folder):
    with Checkpoints(folder, BELONGS_TO, keep=None) as checkpoints:
        checkpoints.save(40, tree(40))
    drop_arrays(folder / "40")
    keep_newest(folder, tree(0))
    assert saved_steps(folder) == [30]
    assert (folder / "40.damaged").is_dir()
    keep_newest(folder, tree(0))
    assert saved_steps(folder) == [30]


def test_nothing_is_unpickled(pristine, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    require(restore(pristine, tree(0), BELONGS_TO), 30)
    # The first bytes of a pickle as Python 3 writes it.
    assert not any(path.read_bytes()[:2] == b"\x80\x05" for path in files(pristine))
