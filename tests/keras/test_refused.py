"""Files of Keras that are refused: other kinds of models, and damaged files."""

import contextlib
import json
import sys

import h5py
import numpy as np
import pytest

from lstm_music_jax import read_keras
from lstm_music_jax.keras.model import KerasFileError
from tests.keras.writing import (
    SIZES,
    WINDOW,
    changed,
    members,
    node,
    replace_member,
    stack,
    write,
)


def with_layer(place, kind, settings=None):
    layers = stack()
    layers.insert(place, (kind, settings or {}, {}))
    return layers


def with_array(name, array, place=2):
    layers = stack()
    layers[place][2][name] = array
    return layers


def head(**settings):
    layers = stack(activation_layer=False)
    layers[-1][1].update(settings)
    return layers


def without(name):
    layers = stack()
    del layers[2][2][name]
    return layers


def narrow_input():
    """Return a model of music that reads one number per step and no one-hot vector."""
    layers = with_array("kernel", np.ones((1, 4 * SIZES[0]), np.float32), 0)
    layers[0][1]["batch_input_shape"] = [None, WINDOW, 1]
    return layers


def below():
    layers = stack()
    layers[0][1]["return_sequences"] = False
    return layers


def mixed_gates():
    layers = stack()
    layers[0][1]["recurrent_activation"] = "hard_sigmoid"
    return layers


BIAS = np.zeros(4 * SIZES[1], np.float32)
REFUSED = [
    (with_layer(2, "GRU", {"units": 4}), "its layer gru_7 is GRU"),
    (with_layer(2, "Bidirectional"), "its layer bidirectional_7 is Bidirectional"),
    (with_layer(0, "Embedding"), "its layer embedding_7 is Embedding"),
    (with_layer(2, "Custom>LSTM"), "is Custom>LSTM"),
    (changed(activation="relu"), "its layer lstm_8 has activation 'relu'"),
    (changed(activation={"class_name": "mine"}), "has activation {'class_name'"),
    (changed(recurrent_activation="tanh"), "recurrent_activation 'tanh'; it must be"),
    (changed(recurrent_activation=None), "recurrent_activation None"),
    (changed(use_bias=False), "use_bias False; it must be True"),
    (changed(go_backwards=True), "go_backwards True"),
    (changed(stateful=True), "stateful True"),
    (changed(return_state=True), "return_state True"),
    (changed(time_major=True), "time_major True"),
    (below(), "its layer lstm_7 has return_sequences False"),
    (mixed_gates(), "its layers have sigmoid and hard_sigmoid gates"),
    (head(activation="sigmoid"), "its layer dense_7 has activation 'sigmoid'"),
    (head(activation="linear"), "it must have one softmax"),
    (head(use_bias=False), "its layer dense_7 has use_bias False"),
    (with_layer(5, "Activation", {"activation": "softmax"}), "its layers are LSTM"),
    (stack()[4:], "its layers are Dense, Activation"),
    (stack()[:4], "its layers are LSTM, LSTM;"),
    (stack()[:-1] + stack()[-2:], "its layers are LSTM, LSTM, Dense, Dense"),
    ([], "its layers are"),
    (with_layer(6, "Softmax", {"axis": 1}), "axis 1; it must be -1"),
    (narrow_input(), "has a kernel of shape (1, 48), and it should be (7, 48)"),
    (with_array("bias", BIAS[1:]), "has a bias of shape (35,), and it should be (36,)"),
    (with_array("bias", BIAS.astype(np.int8)), "has a bias of int8"),
    (with_array("bias", BIAS * np.nan), "has a bias with values that are not finite"),
    (without("bias"), "its layer lstm_8 holds kernel, recurrent_kernel; it must be"),
    (with_array("scale", BIAS), "scale"),
]


@pytest.mark.parametrize("end", ["hdf5", "keras"])
@pytest.mark.parametrize(
    ("layers", "message", "model"),
    [
        (*case, model)
        for case in REFUSED
        for model in ("Sequential", "Functional")
        if case[0] or model == "Sequential"
    ],
)
def test_other_models_are_refused_by_name(layers, message, end, model, tmp_path):
    path = write(tmp_path / f"model.{end}", layers, model=model)
    with pytest.raises(ValueError, match="weights is ") as caught:
        read_keras(path)
    if message != "scale" or end == "hdf5":  # an archive numbers its arrays
        assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)


def calls(name, *nodes):
    """Return an edit that replaces the calls of a layer by nodes of `node`."""

    def edit(described, version):
        (entry,) = (x for x in described["layers"] if x["name"] == name)
        entry["inbound_nodes"] = [
            node(version, *sources, **arguments) for sources, arguments in nodes
        ]

    return edit


def listed(kind, name, *sources):
    """Return an edit that lists one more layer, which reads `sources`."""

    def edit(described, version):
        entry = {"class_name": kind, "name": name, "config": {"name": name}}
        if kind == "Dense":
            entry["config"].update(units=3, activation="linear")
        entry["inbound_nodes"] = [node(version, *sources)] if sources else []
        described["layers"].append(entry)

    return edit


def ends(field, *names):
    """Return an edit that gives the model other inputs or outputs."""

    def edit(described, version):
        described[field] = [[name, 0, 0] for name in names]

    return edit


def plain(*sources, **arguments):
    return sources, arguments


GRAPHS = [
    (
        calls("dropout_7", plain("lstm_7"), plain("lstm_8")),
        "its layer dropout_7 is called 2 times; it must be called once",
    ),
    (calls("lstm_7"), "its layer lstm_7 is called 0 times; it must be called once"),
    (
        calls("dense_7", plain("lstm_8", "lstm_8")),
        "its layer dense_7 reads 2 tensors; it must read 1",
    ),
    (
        calls("lstm_8", plain("lstm_7", output=1)),
        "its layer lstm_8 reads output 1 of lstm_7; it must read output 0",
    ),
    (
        calls("dropout_8", plain("lstm_8", training=True)),
        "its layer dropout_8 is called with training True; it must be None or False",
    ),
    (
        calls("lstm_8", plain("dropout_7", mask=[[True] * 99])),
        "its layer lstm_8 is called with mask [[True, True, True, True, True, True, "
        "...]]; it must be None or False",
    ),
    (
        listed("Add", "sum", "lstm_7", "dropout_7"),
        "its layer sum is Add; it must be one of",
    ),
    (
        listed("Sequential", "nested", "lstm_8"),
        "its layer nested is Sequential; it must be one of",
    ),
    (
        listed("Dense", "unused", "lstm_8"),
        "its layer unused does not lead to its output activation_7; every layer must",
    ),
    (
        listed("InputLayer", "other"),
        "its layer other does not lead to its output activation_7; every layer must",
    ),
    (listed("Dropout", "lstm_7", "lstm_8"), "its layer lstm_7 is listed twice"),
    (
        ends("input_layers", "input_layer", "lstm_7"),
        "its inputs are input_layer, lstm_7; it must have 1 input",
    ),
    (
        ends("output_layers", "dense_7", "activation_7"),
        "its outputs are dense_7, activation_7; it must have 1 output",
    ),
    (ends("output_layers"), "its outputs are none; it must have 1 output"),
    (
        ends("output_layers", "dropout_8"),
        "its layer dense_7 does not lead to its output dropout_8",
    ),
    (
        ends("input_layers", "lstm_7"),
        "its output activation_7 depends on input_layer; it must depend on its input "
        "lstm_7",
    ),
    (calls("lstm_7", plain("nobody")), "its graph names nobody, which is not a layer"),
    (
        calls("lstm_7", plain("dense_7")),
        "its layer dense_7 reads its own output",
    ),
]


@pytest.mark.parametrize(
    ("end", "version"), [("hdf5", 2), ("h5", 3), ("keras", 2), ("keras", 3)]
)
@pytest.mark.parametrize(("change", "message"), GRAPHS)
def test_other_graphs_are_refused_by_name(change, message, end, version, tmp_path):
    path = write(
        tmp_path / f"model.{end}",
        stack(),
        version,
        model="Functional",
        edit=lambda described: change(described, version),
    )
    with pytest.raises(KerasFileError) as caught:
        read_keras(path)
    assert str(caught.value).startswith(f"weights is {path}: {message}")
    assert len(str(caught.value).splitlines()) == 1


def test_a_state_that_another_layer_gives_is_refused(tmp_path):
    def edit(described):
        (entry,) = (x for x in described["layers"] if x["name"] == "lstm_8")
        (call,) = entry["inbound_nodes"]
        call["kwargs"]["initial_state"] = node(3, "lstm_7", "lstm_7")["args"]

    settings = {"model": "Functional", "edit": edit}
    path = write(tmp_path / "model.keras", stack(), 3, **settings)
    with pytest.raises(KerasFileError, match="its layer lstm_8 reads 3 tensors"):
        read_keras(path)


def edit(path, change):
    with h5py.File(path, "a") as file:
        change(file)


def drop_configuration(file):
    del file.attrs["model_config"]


def link(file):
    del file["model_weights/lstm_7/lstm_7/lstm_cell/bias:0"]
    place = "/model_weights/lstm_7/lstm_7/lstm_cell/bias:0"
    file[place] = h5py.ExternalLink("other.hdf5", place)


def point(file):
    place = "/model_weights/lstm_7/lstm_7/lstm_cell/bias:0"
    del file[place]
    file.create_dataset(place, (48,), "f4", external=[("secret", 0, 192)])


def virtual(file):
    place = "/model_weights/lstm_7/lstm_7/lstm_cell/bias:0"
    del file[place]
    layout = h5py.VirtualLayout((48,), "f4")
    layout[:] = h5py.VirtualSource("other.hdf5", place, (48,))
    file.create_virtual_dataset(place, layout)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_configuration, "it holds no model's configuration; save the whole model"),
        (link, "has its bias in another file"),
        (point, "has its bias in another file"),
        (virtual, "has its bias in another file"),
        (lambda file: file.pop("model_weights"), "cannot be read as a model of Keras"),
        (
            lambda file: file["model_weights"].pop("dense_7"),
            "cannot be read as a model of Keras",
        ),
        (
            lambda file: file.attrs.create("model_config", b'{"class_name":'),
            "cannot be read as a model of Keras: JSONDecodeError",
        ),
    ],
)
def test_damaged_hdf5_is_one_line(change, message, tmp_path):
    write(tmp_path / "other.hdf5", stack())
    (tmp_path / "secret").write_bytes(bytes(192))
    path = write(tmp_path / "model.hdf5", stack())
    edit(path, change)
    with pytest.raises(ValueError, match="weights is ") as caught:
        read_keras(path)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_archives_of_other_things(tmp_path):
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        path = write(tmp_path / "model.keras", stack())
        replace_member(path, name, None)
        with pytest.raises(ValueError, match=f"a zip archive without {name}"):
            read_keras(path)
    path = write(tmp_path / "model.keras", stack(), 3)
    config = json.loads(members(path)["config.json"])
    lstm = config["config"]["layers"][1]
    lstm.update(module="mine", registered_name="LSTM")
    replace_member(path, "config.json", json.dumps(config))
    with pytest.raises(ValueError, match=r"is mine\.LSTM; it must be one of"):
        read_keras(path)
    # A class that was defined in a notebook.
    lstm.update(module=None)
    replace_member(path, "config.json", json.dumps(config))
    with pytest.raises(ValueError, match=r"is __main__\.LSTM; it must be one of"):
        read_keras(path)


@pytest.mark.parametrize("end", ["hdf5", "keras"])
def test_cut_or_changed_files_are_one_line(end, tmp_path):
    whole = write(tmp_path / f"model.{end}", stack()).read_bytes()
    path = tmp_path / f"damaged.{end}"
    random = np.random.default_rng(0)
    for share in np.linspace(0, 0.99, 12):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match="cannot be read") as caught:
            read_keras(path)
        assert len(str(caught.value).splitlines()) == 1
    for _ in range(20):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 40):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        # Damage to the numbers alone cannot be noticed. No other error may be raised.
        with contextlib.suppress(KerasFileError):
            read_keras(path)


@pytest.mark.parametrize("version", ["1.2.2", "4.0.0", "unknown"])
def test_other_versions_are_refused(version, tmp_path):
    path = write(tmp_path / "model.hdf5", stack(), keras_version=version)
    with pytest.raises(ValueError, match=f"it was written by Keras {version}"):
        read_keras(path)


def test_other_kinds_of_model_are_refused(tmp_path):
    path = write(tmp_path / "model.hdf5", stack(), model="Custom>Functional")
    message = "its model is Custom>Functional; it must be Sequential or Functional"
    with pytest.raises(ValueError, match=message):
        read_keras(path)


def test_missing_h5py_is_said_in_one_line(tmp_path, monkeypatch):
    path = write(tmp_path / "model.hdf5", stack())
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RuntimeError, match=r"pip install 'lstm-music-jax\[keras\]'"):
        read_keras(path)
