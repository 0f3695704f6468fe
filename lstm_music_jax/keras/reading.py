"""Reads files of Keras without Keras.

Keras saves a model in one of two layouts. Each holds the configuration of the layers as
JSON, and their arrays as HDF5:

    .hdf5, .h5   Keras 2 and 3: one HDF5 file. The group model_weights/<layer> has the
                 arrays of a layer, and its attribute `weight_names` their names.
    .keras       Keras 2.12 and later: a zip of config.json, metadata.json and
                 model.weights.h5. There, a layer has a number among the layers of its
                 class, and an array has a number among those of its layer.

A file is read as a zip if its content is one, whatever its name. The gates of a layer
have the order that `MusicLSTM` uses too. Nothing in a file is ever executed or
unpickled.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from lstm_music_jax.keras.architecture import ARRAYS, accepted
from lstm_music_jax.keras.model import KerasFileError, KerasModel, LayerArrays
from lstm_music_jax.keras.refusal import RefusedError, naming


def read_keras(path: str | Path) -> KerasModel:
    """Read a whole model that Keras 2 or 3 has saved, in HDF5 or as .keras.

    HDF5 files, and all files of Keras 2.12, name the class of a layer but not the
    module that defines it. In them, your own class named LSTM is read as that of Keras.

    Raises:
        FileNotFoundError: the file does not exist, or is a folder.
        KerasFileError: the file cannot be read, is damaged, or holds a model that is
            not accepted. If one layer is the reason, the message names it.
        RuntimeError: h5py is not installed.
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
    except RefusedError as error:
        raise KerasFileError(f"weights is {path}: {error}") from error
    # Damaged bytes make zlib, json and HDF5 raise a dozen types of exceptions.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise KerasFileError(
            f"weights is {path}, which cannot be read as a model of Keras: {reason}"
        ) from error


def _read_hdf5(file) -> KerasModel:
    if "model_config" not in file.attrs:
        raise RefusedError(
            "it holds no model's configuration; save the whole model, not its "
            "weights alone"
        )
    version = _text(file.attrs.get("keras_version", "?"))

    def arrays_of(layer):
        group = file["model_weights"][layer.name]
        names = [_text(name) for name in group.attrs["weight_names"]]
        # 'lstm/lstm_cell/kernel:0' in Keras 2, 'sequential/lstm/lstm_cell/kernel' in 3.
        return {
            name.rpartition("/")[2].partition(":")[0]: group[name] for name in names
        }

    return _read_model(file, json.loads(file.attrs["model_config"]), version, arrays_of)


def _read_archive(path, h5py) -> KerasModel:
    with zipfile.ZipFile(path) as archive:
        missing = {"config.json", "metadata.json", "model.weights.h5"}
        missing -= set(archive.namelist())
        if missing:
            raise RefusedError(f"it is a zip archive without {min(missing)}")
        config = json.loads(archive.read("config.json"))
        version = json.loads(archive.read("metadata.json"))["keras_version"]
        weights = archive.read("model.weights.h5")
    with h5py.File(io.BytesIO(weights), "r") as file:
        # Keras 2.12 gave the group another name, and counted each layer twice.
        old = "_layer_checkpoint_dependencies"
        root, step = (old, 2) if old in file else ("layers", 1)

        def arrays_of(layer):
            number = step * layer.number
            group = file[root][layer.kind.lower() + (f"_{number}" if number else "")]
            group = (group["cell"] if layer.kind == "LSTM" else group)["vars"]
            names = ARRAYS[layer.kind]
            return {
                names[int(number)] if int(number) < len(names) else number: array
                for number, array in group.items()
            }

        return _read_model(file, config, version, arrays_of)


def _read_model(file, config, version, arrays_of) -> KerasModel:
    architecture = accepted(config, version)
    head = architecture.head
    inputs = vocab_size = int(head.settings["units"])
    layers = []
    for layer in architecture.lstms:
        units = int(layer.settings["units"])
        shapes = (inputs, 4 * units), (units, 4 * units), (4 * units,)
        with naming(layer.name):
            layers.append(
                LayerArrays(*_read_arrays(file, layer.kind, arrays_of(layer), shapes))
            )
        inputs = units
    with naming(head.name):
        head_shapes = (inputs, vocab_size), (vocab_size,)
        kernel, bias = _read_arrays(file, head.kind, arrays_of(head), head_shapes)
    return KerasModel(
        version,
        tuple(layers),
        kernel,
        bias,
        gates=architecture.gates,
        dropout=architecture.dropout,
        window=architecture.window,
        every_position=architecture.every_position,
    )


def _read_arrays(file, kind, arrays, shapes) -> list[np.ndarray]:
    """Return the arrays of one layer in float32, after checks.

    RefusedError is raised if the arrays have other names than they must have, or if one
    of them has another shape, is not floating point, holds a value that is not finite
    in float32, or lies in another file. HDF5 allows a file to refer to arrays in
    others.

    Args:
        file: the HDF5 file.
        kind: the class of the layer, "LSTM" or "Dense".
        arrays: the arrays of the layer in the file, keyed by their names.
        shapes: the shapes that they must have, in the order of the result.

    Returns:
        For "LSTM" the kernel, the recurrent kernel and the bias; for "Dense" the kernel
        and the bias.
    """
    names = ARRAYS[kind]
    if set(arrays) != set(names):
        raise RefusedError(f"holds {', '.join(sorted(arrays))}; it must be {names}")
    read = []
    for name, shape in zip(names, shapes, strict=True):
        array = arrays[name]
        # HDF5 can point to any other file on this machine.
        if array.external or array.is_virtual or array.file != file:
            raise RefusedError(
                f"has its {name} in another file; it must be in this one"
            )
        if array.dtype.kind != "f":
            raise RefusedError(
                f"has a {name} of {array.dtype}; it must be floating point"
            )
        if array.shape != shape:
            reason = ""
            if name == "kernel" and kind == "LSTM":
                reason = (
                    f", because the layer must read {shape[0]} values per step; the "
                    "first layer reads a one-hot vector over the head's symbols"
                )
            raise RefusedError(
                f"has a {name} of shape {array.shape}, and it should be {shape}{reason}"
            )
        read.append(array[()].astype(np.float32))
        if not np.isfinite(read[-1]).all():
            raise RefusedError(f"has a {name} with values that are not finite")
    return read


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
