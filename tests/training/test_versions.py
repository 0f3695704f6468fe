"""Run folders of older versions load and resume; others give an error of one line.

`version_1.zip` is a run folder that version 1 wrote: a run of 12 steps, stopped after
step 9. It was trained on the noisy scales of `conftest.py` on a CPU, with jax 0.10.
"""

import dataclasses
import json
import shutil
import zipfile
import zlib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.training.checkpoints import CheckpointError, saved_steps
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.run_folder import RunFolder, load_run
from lstm_music_jax.training.train import train
from lstm_music_jax.training.versions import upgraded_settings
from tests.training.conftest import MODEL, TRAINING, noisy_scales
from tests.training.test_loop import require_same

ONE = {"devices": jax.local_devices()[:1], "show": False}
OLD_NAMES = {
    "clip_norm": "clip",
    "cross_pieces": "crossing",
    "steps_per_dispatch": "steps_a_dispatch",
    "warmup_steps": "warmup",
}
OLD_ENCODING = {"ticks_per_note": "step"}
OLD_FACTS = {"since_line": "line", "since_validation": "stretch"}

# What version 1 computed with its best model: the logits after the ids 0 to 8, and
# the validation loss after step 12.
LOGITS = [0.04985, 0.20608, 0.09243, 0.03165, 0.15860, 0.03503, 0.16567, 0.02522]
LOGITS += [-0.17908]
LOSS = 2.155801
RESUMED = TrainingConfig(
    steps=12,
    batch_size=8,
    window=12,
    learning_rate=1e-2,
    evaluate_every=6,
    save_every=6,
    steps_per_dispatch=4,
    batching="streams",
    warmup_steps=2,
    transpose=1,
    unseen_share=0.0,
    initial_bias="zeros",
)


@pytest.fixture
def genuine(tmp_path):
    with zipfile.ZipFile(Path(__file__).with_name("version_1.zip")) as archive:
        archive.extractall(tmp_path / "genuine")
    return tmp_path / "genuine"


def renamed(saved, names):
    return {names.get(name, name): value for name, value in saved.items()}


def forget_version_3(settings):
    for name in ("split_in_any_key", "end", "every_symbol"):
        del settings["corpus"][name]
    for name in ("stretch", "unseen_share", "initial_bias"):
        del settings["training"][name]


def as_version_1(folder):
    """Rewrite a run folder of the current version into the format of version 1."""
    config = json.loads((folder / "config.json").read_text())
    del config["version"], config["model"]["cores"]
    forget_version_3(config)
    config["training"] = renamed(config["training"], OLD_NAMES)
    config["encoding"] = renamed(config["encoding"], OLD_ENCODING)
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = json.loads((folder / "vocabulary.json").read_text())
    del vocabulary["end"], vocabulary["unseen"]
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary))
    for path in folder.glob("checkpoints/*/*/about/metadata"):
        content = json.loads(path.read_text())["content"]
        del content["version"]
        belongs_to = content["belongs_to"]
        forget_version_3(belongs_to)
        del belongs_to["vocabulary"]["end"]
        belongs_to["training"] = renamed(belongs_to["training"], OLD_NAMES)
        belongs_to["encoding"] = renamed(belongs_to["encoding"], OLD_ENCODING)
        content["facts"] = renamed(content["facts"], OLD_FACTS)
        write_about(path, content)


def write_about(path, content):
    checksum = zlib.crc32(json.dumps(content, sort_keys=True).encode())
    path.write_text(json.dumps({"content": content, "checksum": checksum}))


def keys_of(value):
    """Return the keys of nested objects."""
    if not isinstance(value, dict):
        return None
    return {key: keys_of(inner) for key, inner in value.items()}


def contents(folder):
    """Return what the JSON files of a run folder hold, by path."""
    paths = [folder / "config.json", *folder.glob("checkpoints/*/9/about/metadata")]
    return {str(p.relative_to(folder)): json.loads(p.read_text()) for p in paths}


def test_a_genuine_folder_loads(genuine):
    run = load_run(genuine)
    _, logits = run.model.unroll(jnp.arange(9, dtype=jnp.int32)[None])
    np.testing.assert_allclose(logits[0, -1], LOGITS, atol=1e-5)
    assert run.model.cores == run.settings["model"].cores == 2
    assert run.settings["training"] == dataclasses.replace(RESUMED, steps=9)
    assert run.encoding == NoteNames(ticks_per_note=12)
    assert run.vocabulary.start is not None
    assert run.vocabulary.end is None
    assert run.settings["corpus"]["end"] is False
    assert run.vocabulary.unseen == ()
    assert run.settings["corpus"]["every_symbol"] is False


@pytest.mark.slow
def test_a_genuine_folder_resumes(genuine, dataset):
    model = load_run(genuine).settings["model"]
    result = train(genuine, dataset, model, RESUMED, resume=True, **ONE)
    assert result.last_loss == pytest.approx(LOSS, rel=1e-4)
    assert json.loads((genuine / "config.json").read_text())["version"] == 3
    load_run(genuine)


def test_an_older_run_keeps_its_split(genuine):
    """Earlier versions compared only the symbols, and ignored the musical key."""
    model = load_run(genuine).settings["model"]
    assert RunFolder(genuine).settings()["corpus"]["split_in_any_key"] is False
    with pytest.raises(ValueError, match=r"corpus is .*'split_in_any_key': True"):
        train(genuine, noisy_scales(any_key=True), model, RESUMED, resume=True, **ONE)


def test_the_rewritten_folders_below_are_like_the_genuine_one(
    genuine, tmp_path, dataset
):
    model = load_run(genuine).settings["model"]
    half = dataclasses.replace(RESUMED, steps=9)
    train(tmp_path / "run", dataset, model, half, **ONE)
    as_version_1(tmp_path / "run")
    found, wanted = contents(tmp_path / "run"), contents(genuine)
    assert len(wanted) == 3
    assert keys_of(found) == keys_of(wanted)


def test_the_symbols_file_of_an_older_run_holds_note_names():
    """Earlier versions said 'events' there, which was their default, and read names."""
    for symbols, encoding in (("data.txt", "note-names"), (None, "events")):
        origin = {"symbols": symbols, "encoding": "events"}
        saved = {"version": 2, "corpus": {"origin": origin}}
        corpus = upgraded_settings(saved)["corpus"]
        assert corpus["origin"]["encoding"] == encoding


@pytest.mark.slow
@pytest.mark.parametrize("batching", ["windows", "streams"])
def test_a_folder_of_version_1_resumes_to_the_same_bits(tmp_path, dataset, batching):
    config = dataclasses.replace(
        TRAINING,
        batching=batching,
        transpose=1,
        unseen_share=0.0,
        initial_bias="zeros",
    )
    half = dataclasses.replace(config, steps=27)
    train(tmp_path / "whole", dataset, MODEL, config, **ONE)
    train(tmp_path / "half", dataset, MODEL, half, **ONE)
    before = load_run(tmp_path / "half")
    as_version_1(tmp_path / "half")
    after = load_run(tmp_path / "half")
    ids = jnp.arange(9, dtype=jnp.int32)[None]
    np.testing.assert_array_equal(
        after.model.unroll(ids)[1], before.model.unroll(ids)[1]
    )
    assert after.settings == before.settings
    train(tmp_path / "half", dataset, MODEL, config, resume=True, **ONE)
    require_same(tmp_path / "half", tmp_path / "whole")


def test_settings_that_version_1_gained_later_have_their_first_meaning(genuine):
    config = json.loads((genuine / "config.json").read_text())
    for name in ("gates", "cores"):
        config["model"].pop(name, None)
    for name in ("batching", "weight_decay", "transpose", "precision", "save_every"):
        del config["training"][name]
    (genuine / "config.json").write_text(json.dumps(config))
    settings = RunFolder(genuine).settings()
    assert settings["model"].gates == "sigmoid"
    assert settings["training"].batching == "windows"
    assert settings["training"].save_every is None


@pytest.fixture(scope="module")
def current(tmp_path_factory, dataset):
    folder = tmp_path_factory.mktemp("runs") / "current"
    short = dataclasses.replace(TRAINING, steps=4, evaluate_every=4)
    train(folder, dataset, MODEL, short, **ONE)
    return folder


def change(path, value):
    """Return a function that sets a key of nested objects, or deletes it for None."""
    *parents, last = path.split(".")

    def apply(config):
        for parent in parents:
            config = config[parent]
        if value is None:
            del config[last]
        else:
            config[last] = value

    return apply


UNREADABLE = [
    (change("version", 4), "version is 4; it must be an integer from 1 to 3; a newer"),
    (change("version", "2"), "version is '2'; it must be an integer from 1 to 3"),
    (change("version", 0), "version is 0; it must be an integer from 1 to 3"),
    (change("model", None), "model is missing; it must be an object"),
    (change("corpus", None), "corpus is missing; it must be an object"),
    (change("encoding", "events"), "encoding is 'events'; it must be an object"),
    (
        change("model.gates", None),
        "model.gates is missing; it must be one of 'sigmoid'",
    ),
    (change("model.gates", "soft"), "model.gates is 'soft'; it must be one of 'sigm"),
    (change("model.sizes", 12), "model.sizes is 12; it must be a list of integers"),
    (change("model.sizes", [1.5]), "model.sizes is [1.5]; it must be a list of integ"),
    (change("model.sizes", []), "model.sizes is (); it takes one or more sizes"),
    (
        change("corpus.origin", "a.txt"),
        "origin is 'a.txt'; it must be an object",
    ),
    (change("model.cores", 0), "model.cores is 0; it must be 1 or more"),
    (change("model.dropout", 1), "model.dropout is 1; it must be in [0, 1)"),
    (change("training.window", None), "training.window is missing; it must be an int"),
    (change("training.window", "9"), "training.window is '9'; it must be an integer"),
    (change("training.window", True), "training.window is True; it must be an integer"),
    (change("training.cross_pieces", 1), "cross_pieces is 1; it must be true or false"),
    (change("training.clip_norm", "1"), "is '1'; it must be a number or null"),
    (change("training.steps", -1), "training.steps is -1; it must be 1 or more"),
    (change("training.warmup", 5), "training.warmup is unknown; training has the keys"),
]


@pytest.mark.parametrize(("apply", "message"), UNREADABLE)
def test_a_config_that_cannot_be_read_is_one_error(current, tmp_path, apply, message):
    folder = shutil.copytree(current, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    apply(config)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="cannot be read: ") as caught:
        load_run(folder)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{folder / 'config.json'} cannot be read: ")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "Expecting"), (b"[]", "must hold a JSON object"), (b"\xff", "utf-8")],
)
def test_a_config_that_is_no_json_object_is_one_error(tmp_path, content, message):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=f"config.json cannot be read: .*{message}"):
        load_run(tmp_path)


def test_a_number_may_be_written_without_a_fraction(current, tmp_path):
    folder = shutil.copytree(current, tmp_path / "copy")
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(
        text.replace('"clip_norm": 1.0', '"clip_norm": 1')
    )
    assert load_run(folder).settings["training"].clip_norm == 1.0


def test_a_checkpoint_of_a_newer_version_is_refused(current, tmp_path):
    folder = shutil.copytree(current, tmp_path / "copy")
    (path,) = folder.glob("checkpoints/best/*/about/metadata")
    content = json.loads(path.read_text())["content"]
    write_about(path, content | {"version": 4})
    with pytest.raises(CheckpointError, match="version is 4; it must be an integer"):
        load_run(folder)


def test_a_resumed_run_keeps_its_cores(current, tmp_path, dataset):
    folder = shutil.copytree(current, tmp_path / "copy")
    longer = dataclasses.replace(TRAINING, steps=8, evaluate_every=4)
    model = dataclasses.replace(MODEL, cores=5)
    train(folder, dataset, model, longer, resume=True, **ONE)
    assert saved_steps(RunFolder(folder).checkpoints("last"))[-1] == 8
    run = load_run(folder)
    assert run.settings["model"].cores == run.model.cores == MODEL.cores


@pytest.mark.slow
def test_a_checkpoint_fits_any_number_of_cores(current, tmp_path):
    folder = shutil.copytree(current, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    config["model"]["cores"] = 7
    (folder / "config.json").write_text(json.dumps(config))
    for kind in ("best", "last"):
        assert load_run(folder, kind).model.cores == 7
