"""Models that Keras has saved, read without Keras.

Three layouts hold the same things, a configuration in JSON and named arrays in HDF5:

    .hdf5, .h5   Keras 2: model_weights/<layer>, arrays named in `weight_names`
    .h5          Keras 3: the same
    .keras       Keras 2.12 and later: a zip of config.json, metadata.json and
                 model.weights.h5, which numbers layers by class, and arrays

What is read is a Sequential stack of LSTM layers with a dense softmax head over the
symbols whose one-hot vectors come in; its gates stand in the order that ours do. All
else is refused by name: a file that is read in part would play, and play wrongly.
Nothing in a file is ever executed or unpickled.
"""

import contextlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lstm_music_jax.training.config import Gates
from lstm_music_jax.types import Float

# What each layer must be set to; the first value stands for a setting that the file
# does not mention, None for one that it has to.
_ALLOWED = {
    "InputLayer": {},
    "LSTM": {
        "activation": (None, "tanh"),
        "recurrent_activation": (None, "sigmoid", "hard_sigmoid"),
        "use_bias": (True,),
        "go_backwards": (False,),
        "stateful": (False,),
        "return_state": (False,),
        "time_major": (False,),
    },
    "Dropout": {},
    "Dense": {"activation": (None, "linear", "softmax"), "use_bias": (True,)},
    "Activation": {"activation": (None, "softmax")},
    "Softmax": {"axis": (-1,)},
}
_ARRAYS = {"LSTM": ("kernel", "recurrent_kernel", "bias"), "Dense": ("kernel", "bias")}

# Version 3 redefined the name, and files carry nothing but the name.
_GATES: dict[tuple[str, int], Gates] = {
    ("sigmoid", 2): "sigmoid",
    ("sigmoid", 3): "sigmoid",
    ("hard_sigmoid", 2): "hard_sigmoid_fifth",
    ("hard_sigmoid", 3): "hard_sigmoid_sixth",
}


class KerasFileError(ValueError):
    """A file that is damaged, or holds a model of another kind."""


class LayerArrays(NamedTuple):
    """One LSTM layer's parameters, gates in the order input, forget, candidate, output.

    NumPy, float32.
    """

    input_kernel: Float[np.ndarray, "i four_h"]
    recurrent_kernel: Float[np.ndarray, "h four_h"]
    bias: Float[np.ndarray, "four_h"]


@dataclass(frozen=True)
class KerasModel:
    """What a file holds.

    Attributes:
        version: of the Keras that wrote it.
        layers: the LSTM layers, the first one first.
        head_kernel: of the dense layer, `[h v]`.
        head_bias: `[v]`.
        gates: the activation of the gates.
        dropout: the rate of all Dropout layers; 0 without any, and where their rates
            differ, for ours have one rate. It acts in training only.
        window: symbols of the input, or None if any number may come.
        every_position: a symbol is predicted after each one, not after the last alone.
    """

    version: str
    layers: tuple[LayerArrays, ...]
    head_kernel: Float[np.ndarray, "h v"]
    head_bias: Float[np.ndarray, "v"]
    gates: Gates
    dropout: float
    window: int | None
    every_position: bool

    @property
    def vocab_size(self) -> int:
        """How many symbols it tells apart."""
        return len(self.head_bias)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each LSTM layer."""
        return tuple(len(layer.recurrent_kernel) for layer in self.layers)

    def summary(self) -> str:
        """One line."""
        window = "any" if self.window is None else self.window
        return (
            f"Keras {self.version}: LSTM {'-'.join(map(str, self.sizes))}, gates "
            f"{self.gates}, dropout {self.dropout:g}, window {window}, "
            f"{self.vocab_size} symbols"
        )


def read_keras(path: str | Path) -> KerasModel:
    """Read a model that Keras 2 or 3 has saved whole, as .hdf5, .h5 or .keras.

    Raises:
        FileNotFoundError: no such file.
        KerasFileError: damaged, or a model that cannot be read exactly; says which
            layer and which setting.
        RuntimeError: h5py is missing.
    """
    path = Path(path)
    try:
        import h5py
    except ImportError as error:
        raise RuntimeError(
            f"h5py is missing; {path} needs it: pip install 'lstm-music-jax[keras]'"
        ) from error
    if not path.is_file():
        raise FileNotFoundError(f"weights is {path}; it must be a file that exists")
    try:
        if zipfile.is_zipfile(path):
            return _read_archive(path, h5py)
        with h5py.File(path, "r") as file:
            return _read_hdf5(file)
    except _RefusedError as error:
        raise KerasFileError(f"weights is {path}: {error}") from error
    # Damaged bytes make zlib, json and HDF5 raise a dozen types between them.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise KerasFileError(
            f"weights is {path}, which cannot be read as a model of Keras: {reason}"
        ) from error


class _RefusedError(Exception):
    """Why a file that could be read is not one of ours."""


class _Layer(NamedTuple):
    kind: str
    name: str
    place: str  # its group in an archive
    settings: dict


def _read_hdf5(file) -> KerasModel:
    if "model_config" not in file.attrs:
        raise _RefusedError(
            "it holds no model's configuration; save the whole model, not its "
            "weights alone"
        )
    version = _text(file.attrs.get("keras_version", "?"))

    def arrays(layer):
        group = file["model_weights"][layer.name]
        names = [_text(name) for name in group.attrs["weight_names"]]
        # 'lstm/lstm_cell/kernel:0' of Keras 2, 'sequential/lstm/lstm_cell/kernel' of 3
        return {
            name.rpartition("/")[2].partition(":")[0]: group[name] for name in names
        }

    return _read_model(file, json.loads(file.attrs["model_config"]), version, arrays)


def _read_archive(path, h5py) -> KerasModel:
    with zipfile.ZipFile(path) as archive:
        missing = {"config.json", "metadata.json", "model.weights.h5"}
        missing -= set(archive.namelist())
        if missing:
            raise _RefusedError(f"it is a zip archive without {min(missing)}")
        config = json.loads(archive.read("config.json"))
        version = json.loads(archive.read("metadata.json"))["keras_version"]
        weights = archive.read("model.weights.h5")
    with h5py.File(io.BytesIO(weights), "r") as file:
        # The first versions of the layout called the group so.
        old = "_layer_checkpoint_dependencies"
        root = old if old in file else "layers"

        def arrays(layer):
            group = file[root][layer.place]
            group = (group["cell"] if layer.kind == "LSTM" else group)["vars"]
            names = _ARRAYS[layer.kind]
            return {
                names[int(number)] if int(number) < len(names) else number: array
                for number, array in group.items()
            }

        return _read_model(file, config, version, arrays)


def _read_model(file, config, version, arrays) -> KerasModel:
    major = int(version.partition(".")[0]) if version[:1].isdigit() else 0
    if major not in (2, 3):
        raise _RefusedError(f"it was written by Keras {version}; 2 and 3 can be read")
    layers = _layers(config)
    *lstms, head = _stack(layers)
    inputs = size = int(head.settings["units"])
    parameters = []
    for layer in lstms:
        units = int(layer.settings["units"])
        with _named(layer):
            shapes = (inputs, 4 * units), (units, 4 * units), (4 * units,)
            read = _checked(file, layer.kind, arrays(layer), shapes)
        parameters.append(LayerArrays(*read))
        inputs = units
    with _named(head):
        read = _checked(file, head.kind, arrays(head), ((inputs, size), (size,)))
    activations = {layer.settings["recurrent_activation"] for layer in lstms}
    if len(activations) > 1:
        raise _RefusedError(
            "its layers have sigmoid and hard_sigmoid gates; all must agree"
        )
    rates = {float(x.settings["rate"]) for x in layers if x.kind == "Dropout"}
    return KerasModel(
        version,
        tuple(parameters),
        *read,
        gates=_GATES[activations.pop(), major],
        dropout=rates.pop() if len(rates) == 1 else 0.0,
        window=_window(layers[0].settings, config),
        every_position=bool(lstms[-1].settings["return_sequences"]),
    )


def _layers(config) -> list[_Layer]:
    """Return the layers of a configuration; they can all be read."""
    if config["class_name"] != "Sequential":
        raise _RefusedError(
            f"its model is {config['class_name']}; it must be Sequential"
        )
    # Before 2.2.3 the list stood alone.
    described = config["config"]
    described = described if isinstance(described, list) else described["layers"]
    layers, count = [], Counter()
    for entry in described:
        # A class of the user's own may have the name of one of Keras's.
        kind = entry.get("registered_name") or entry["class_name"]
        module = entry.get("module") or "keras"
        if module.partition(".")[0] not in ("keras", "tf_keras"):
            kind = f"{module}.{kind}"
        settings = entry["config"]
        name = settings.get("name", kind)
        if kind not in _ALLOWED:
            raise _RefusedError(
                f"its layer {name} is {kind}; it must be one of {', '.join(_ALLOWED)}"
            )
        for setting, (default, *others) in _ALLOWED[kind].items():
            value = settings.get(setting, default)
            allowed = [x for x in (default, *others) if x is not None]
            if value not in allowed:
                raise _RefusedError(
                    f"its layer {name} has {setting} {value!r}; it must be "
                    f"{' or '.join(map(str, allowed))}"
                )
        place = kind.lower() + (f"_{count[kind]}" if count[kind] else "")
        count[kind] += 1
        layers.append(_Layer(kind, name, place, settings))
    return layers


def _stack(layers: list[_Layer]) -> list[_Layer]:
    """Return the LSTM layers and the head, having checked that they follow so."""
    kinds = [layer.kind for layer in layers if layer.kind != "Dropout"]
    if kinds[:1] == ["InputLayer"]:
        kinds = kinds[1:]
    count = kinds.count("LSTM")
    body, end = kinds[: count + 1], kinds[count + 1 :]
    if not count or body != ["LSTM"] * count + ["Dense"] or len(end) > 1:
        raise _RefusedError(
            f"its layers are {', '.join(kinds)}; they must be LSTM layers and one "
            "Dense layer with a softmax"
        )
    *lstms, head = (layer for layer in layers if layer.kind in _ARRAYS)
    activation = head.settings["activation"]
    if (activation == "softmax") == bool(end) or not set(end) <= {
        "Activation",
        "Softmax",
    }:
        raise _RefusedError(
            f"its head {head.name} has activation {activation!r}, and behind it come "
            f"{', '.join(end) or 'no layers'}; it must have one softmax"
        )
    for layer in lstms[:-1]:
        if layer.settings["return_sequences"] is not True:
            raise _RefusedError(
                f"its layer {layer.name} has return_sequences "
                f"{layer.settings['return_sequences']}; it must be True below another"
            )
    return [*lstms, head]


def _checked(file, kind, arrays, shapes) -> list[np.ndarray]:
    """Read the arrays of one layer, float32, in the order of `_ARRAYS`."""
    names = _ARRAYS[kind]
    if set(arrays) != set(names):
        raise _RefusedError(f"holds {', '.join(sorted(arrays))}; it must be {names}")
    read = []
    for name, shape in zip(names, shapes, strict=True):
        array = arrays[name]
        # HDF5 can point to any other file on this machine.
        if array.external or array.is_virtual or array.file != file:
            raise _RefusedError(
                f"has its {name} in another file; it must be in this one"
            )
        if array.dtype.kind != "f":
            raise _RefusedError(
                f"has a {name} of {array.dtype}; it must be floating point"
            )
        if array.shape != shape:
            meaning = ""
            if name == "kernel" and kind == "LSTM":
                meaning = (
                    f"; what comes in must be {shape[0]} values a step, the first "
                    "layer's a one-hot vector over the head's symbols"
                )
            raise _RefusedError(
                f"has a {name} of shape {array.shape}, and it should be {shape}"
                f"{meaning}"
            )
        read.append(array[()].astype(np.float32))
        if not np.isfinite(read[-1]).all():
            raise _RefusedError(f"has a {name} with values that are not finite")
    return read


@contextlib.contextmanager
def _named(layer: _Layer) -> Iterator[None]:
    """Say which layer it was."""
    try:
        yield
    except _RefusedError as error:
        raise _RefusedError(f"its layer {layer.name} {error}") from error


def _window(settings, config) -> int | None:
    shape = settings.get("batch_shape") or settings.get("batch_input_shape")
    if not shape and isinstance(config["config"], dict):
        shape = config["config"].get("build_input_shape")
    return int(shape[1]) if shape and shape[1] else None


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
