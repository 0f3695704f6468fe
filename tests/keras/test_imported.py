"""Files of Keras in each layout are imported, and the runs give the right logits."""

import io
import json
import subprocess
import sys

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import RunFolder, load_run, read_keras
from tests import references
from tests.keras.runs import (
    greedy_notes,
    imported,
    loop,
    numpy_forward,
    random_windows,
)
from tests.keras.writing import (
    SIZES,
    SYMBOLS,
    VOCAB,
    WINDOW,
    changed,
    members,
    node,
    replace_member,
    stack,
    write,
)
from tests.training.test_versions import as_version_1

GATES = {
    ("sigmoid", 2): references.sigmoid,
    ("sigmoid", 3): references.sigmoid,
    ("hard_sigmoid", 2): references.hard_sigmoid_keras_2,
    ("hard_sigmoid", 3): references.hard_sigmoid_keras_3,
}
# Each layout, with each major version of Keras that writes it.
LAYOUTS = [("hdf5", 2), ("h5", 3), ("keras", 2), ("keras", 3)]
# Early versions wrote a Sequential model as a list, and "Model" for a functional one.
MODELS = [
    *((*layout, model) for layout in LAYOUTS for model in ("Sequential", "Functional")),
    ("list.hdf5", 2, "Sequential"),
    ("hdf5", 2, "Model"),
]


@pytest.mark.parametrize("gates", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize(("layout", "version", "model"), MODELS)
def test_the_run_is_the_model_of_the_file(layout, version, model, gates, tmp_path):
    layers = stack(gates, activation_layer=version == 2)
    path = write(tmp_path / f"model.{layout}", layers, version, model=model)
    run = imported(path, tmp_path / "run")
    gate = GATES[gates, version]
    windows = random_windows(6)
    wanted = numpy_forward(layers, windows, gate)
    logits = np.asarray(run.model.unroll(jnp.asarray(windows, jnp.int32))[1])[:, -1]
    np.testing.assert_allclose(logits, wanted, rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(
        logits,
        references.numpy_logits(run.model, windows, gate)[:, -1],
        rtol=1e-5,
        atol=2e-5,
    )
    primer = windows[0].tolist()
    assert greedy_notes(run, primer, 60) == loop(
        lambda window: numpy_forward(layers, window, gate), primer, 60
    )
    assert run.model.sizes == SIZES
    assert run.model.dropout == 0.3
    assert run.settings["training"].window == WINDOW
    assert run.settings["training"].objective == "last"
    assert run.vocabulary.symbols == SYMBOLS


def test_hard_gates_of_the_versions_differ(tmp_path):
    models = [
        imported(
            write(tmp_path / f"{version}.keras", stack("hard_sigmoid"), version),
            tmp_path / str(version),
        ).model
        for version in (2, 3)
    ]
    first, second = (m.unroll(jnp.asarray(random_windows(2)))[1] for m in models)
    assert np.abs(first - second).max() > 0.01


def test_other_stacks(tmp_path):
    layers = changed(return_sequences=True)
    layers[1][1]["rate"] = 0.2
    model = read_keras(write(tmp_path / "a.hdf5", layers))
    assert model.every_position
    assert model.dropout == 0.0
    one = read_keras(write(tmp_path / "b.keras", one_layer(), 3))
    assert one.sizes == SIZES[:1]
    assert one.dropout == 0.0
    layers = [*stack()[:-1], ("Softmax", {"axis": -1}, {})]
    assert read_keras(write(tmp_path / "c.h5", layers, 3)).vocab_size == VOCAB
    for place in (0, 2):
        layers[place][1]["batch_input_shape"] = [None, None, VOCAB]
    assert read_keras(write(tmp_path / "d.hdf5", layers)).window is None
    # Keras 2.12 gave the layers' group another name, and counted each layer twice.
    path = write(tmp_path / "e.keras", stack(), 2)
    renamed = io.BytesIO(members(path)["model.weights.h5"])
    with h5py.File(renamed, "a") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
        group = file["_layer_checkpoint_dependencies"]
        group.move("lstm_1", "lstm_2")
    replace_member(path, "model.weights.h5", renamed.getvalue())
    assert read_keras(path).sizes == SIZES


@pytest.mark.parametrize(("layout", "version"), LAYOUTS)
def test_the_graph_orders_the_layers_of_a_functional_model(layout, version, tmp_path):
    layers, settings = stack(), {"model": "Functional"}
    layers[2][1]["name"] = "upper part"
    path = tmp_path / f"model.{layout}"
    listed = read_keras(write(path, layers, version, **settings))
    settings["edit"] = lambda described: described["layers"].reverse()
    reversed_ = read_keras(write(path, layers, version, **settings))
    assert reversed_.sizes == listed.sizes == SIZES
    assert reversed_.window == listed.window == WINDOW
    jax.tree.map(np.testing.assert_array_equal, reversed_.layers, listed.layers)
    np.testing.assert_array_equal(reversed_.head_kernel, listed.head_kernel)


@pytest.mark.parametrize(("layout", "version"), LAYOUTS)
def test_other_ways_to_write_a_functional_model(layout, version, tmp_path):
    def edit(described):
        # An input and an output by name, and calls with arguments that change nothing.
        described["input_layers"] = {"notes": ["input_layer", 0, 0]}
        described["output_layers"] = {"next": [["activation_7", 0, 0]]}
        for entry, source in (("dropout_7", "lstm_7"), ("lstm_8", "dropout_7")):
            (entry,) = (x for x in described["layers"] if x["name"] == entry)
            arguments = {"training": False, "mask": None}
            # Keras 3.0 counts calls that are not part of the model.
            entry["inbound_nodes"] = [node(version, source, call=1, **arguments)]

    path = tmp_path / f"model.{layout}"
    model = read_keras(write(path, stack(), version, model="Functional", edit=edit))
    assert model.sizes == SIZES
    assert model.dropout == 0.3


def one_layer():
    first, _, _, _, head, _ = stack()
    first[1]["return_sequences"] = False
    head[1]["activation"] = "softmax"
    head[2]["kernel"] = np.ones((SIZES[0], VOCAB), np.float32)
    return [first, head]


def test_h5py_is_not_imported_unless_it_is_needed():
    program = "import sys, lstm_music_jax.keras.reading; print('h5py' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_runs_from_before_gates_were_a_setting_still_load(tmp_path):
    path = write(tmp_path / "model.hdf5", stack())
    run = imported(path, tmp_path / "run")
    config = RunFolder(tmp_path / "run").config
    as_version_1(tmp_path / "run")
    settings = json.loads(config.read_text())
    del settings["model"]["gates"]
    config.write_text(json.dumps(settings))
    again = load_run(tmp_path / "run")
    jax.tree.map(np.testing.assert_array_equal, again.model, run.model)
    settings["model"]["gates"] = "soft"
    config.write_text(json.dumps(settings))
    with pytest.raises(ValueError, match="gates is 'soft'; it must be one of"):
        load_run(tmp_path / "run")
