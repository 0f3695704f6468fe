"""Writes files like Keras does, in each layout, from layers with known arrays."""

import io
import json
import zipfile

import h5py
import numpy as np

SYMBOLS = ("C4", "E4", "4.9", "G5", "0", "B-3", "2.7")
VOCAB = len(SYMBOLS)
SIZES = (12, 9)
WINDOW = 10

VERSIONS = {2: "2.3.1", 3: "3.15.1"}


def corpus():
    """Return music whose vocabulary is SYMBOLS, in this order."""
    random = np.random.default_rng(3)
    symbols = [s for k, s in enumerate(SYMBOLS) for _ in range(30 - 2 * (k // 2))]
    random.shuffle(symbols)
    return [*SYMBOLS, *symbols]


def stack(gates="sigmoid", *, activation_layer=True):
    """Return the layers of the original recipe as (class, settings, arrays)."""
    random = np.random.default_rng(1)

    def normal(*shape):
        return random.normal(size=shape).astype(np.float32)

    layers, inputs = [], VOCAB
    for number, size in enumerate(SIZES):
        settings = {
            "units": size,
            "activation": "tanh",
            "recurrent_activation": gates,
            "use_bias": True,
            "return_sequences": number == 0,
            "return_state": False,
            "go_backwards": False,
            "stateful": False,
            "unroll": False,
            "dropout": 0.0,
        }
        arrays = {
            "kernel": 2 * normal(inputs, 4 * size),
            "recurrent_kernel": normal(size, 4 * size),
            "bias": normal(4 * size),
        }
        layers.append(("LSTM", settings, arrays))
        layers.append(("Dropout", {"rate": 0.3}, {}))
        inputs = size
    settings = {"units": VOCAB, "activation": "softmax", "use_bias": True}
    arrays = {"kernel": 2 * normal(inputs, VOCAB), "bias": normal(VOCAB)}
    layers.append(("Dense", settings, arrays))
    if activation_layer:
        settings["activation"] = "linear"
        layers.append(("Activation", {"activation": "softmax"}, {}))
    return layers


def described(layers, version, model):
    """Return the layers' configuration: named, and with the shape of the input."""
    count, entries = {}, []
    for kind, settings, _ in layers:
        # Names begin at high numbers: Keras counts the layers of a whole session.
        count[kind] = count.get(kind, 6) + 1
        settings = {"name": f"{kind.lower()}_{count[kind]}", **settings}
        entries.append({"class_name": kind, "config": settings})
    shape = [None, WINDOW, VOCAB]
    if version == 2 and model == "Sequential":
        for first in entries[:1]:
            first["config"].setdefault("batch_input_shape", shape)
    elif entries:
        field = "batch_shape" if version == 3 else "batch_input_shape"
        settings = {"name": "input_layer", field: shape}
        entries.insert(0, {"class_name": "InputLayer", "config": settings})
    return entries


def node(version, *sources, call=0, output=0, **arguments):
    """Return a call of a layer that reads the layers `sources`, as Keras writes it."""
    if version == 2:
        return [[source, call, output, arguments] for source in sources]
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {"dtype": "float32", "keras_history": [source, call, output]},
        }
        for source in sources
    ]
    return {"args": tensors, "kwargs": {"training": False, "mask": None, **arguments}}


def connect(described, version):
    """Add the calls of a functional model, a chain of the layers in their order."""
    entries, names = described["layers"], []
    for entry in entries:
        entry["name"] = entry["config"]["name"]
        entry["inbound_nodes"] = [node(version, name) for name in names[-1:]]
        names.append(entry["name"])
    for field, name in (("input_layers", names[0]), ("output_layers", names[-1])):
        described[field] = [name, 0, 0] if version == 3 else [[name, 0, 0]]


def write(
    path, layers, version=2, *, model="Sequential", keras_version=None, edit=None
):
    """Write what Keras would write, in the layout that the path's suffix implies.

    Args:
        path: the file.
        layers: see `stack`.
        version: 2 or 3.
        model: the class of the model. All but Sequential are written as a chain.
        keras_version: the whole version.
        edit: changes the configuration before it is written.
    """
    entries = described(layers, version, model)
    names = [entry["config"]["name"] for entry in entries]
    arrays_of = {
        name: arrays
        for name, (*_, arrays) in zip(names[-len(layers) :], layers, strict=True)
    }
    config = {"class_name": model, "config": {"name": "model", "layers": entries}}
    if model != "Sequential":
        connect(config["config"], version)
    if edit:
        edit(config["config"])
    keras_version = keras_version or VERSIONS[version]
    if path.name.endswith("list.hdf5"):
        config["config"] = entries
    if path.suffix == ".keras":
        for entry in entries:
            entry.update(module="keras.layers", registered_name=None)
        weights = io.BytesIO()
        with h5py.File(weights, "w") as file:
            count = {}
            for entry in entries:
                kind = entry["class_name"]
                place = kind.lower() + (f"_{count[kind]}" if kind in count else "")
                count[kind] = count.get(kind, 0) + 1
                inside = "cell/vars" if kind == "LSTM" else "vars"
                group = file.create_group(f"layers/{place}/{inside}")
                arrays = arrays_of.get(entry["config"]["name"], {})
                for number, array in enumerate(arrays.values()):
                    group[str(number)] = array
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "metadata.json", json.dumps({"keras_version": keras_version})
            )
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("model.weights.h5", weights.getvalue())
        return path
    with h5py.File(path, "w") as file:
        # Keras 2.3 stores bytes, later versions store strings.
        text = str.encode if version == 2 else str
        file.attrs["keras_version"] = text(keras_version)
        file.attrs["backend"] = text("tensorflow")
        file.attrs["model_config"] = text(json.dumps(config))
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in names]
        for name, (kind, _, arrays) in zip(names[-len(layers) :], layers, strict=True):
            group, paths = root.create_group(name), []
            for array_name, array in arrays.items():
                prefix = f"{name}/lstm_cell" if kind == "LSTM" else name
                if version == 3:
                    prefix, end = f"{model.lower()}/{prefix}", ""
                else:
                    end = ":0"
                paths.append(f"{prefix}/{array_name}{end}".encode())
                group[paths[-1]] = array
            group.attrs["weight_names"] = paths
    return path


def changed(**settings):
    """Return the stack with other settings of the last LSTM layer."""
    layers = stack()
    layers[2][1].update(settings)
    return layers


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replace_member(path, name, content):
    """Replace a file in an archive, or remove it if the content is None."""
    kept = members(path) | {name: content}
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in kept.items():
            if data is not None:
                archive.writestr(member, data)
