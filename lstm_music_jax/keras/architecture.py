"""The architectures of saved models that are accepted, and the settings they may have.

A model is accepted if it is a stack of LSTM layers with one dense head and a softmax,
in the head or after it. Dropout layers may stand anywhere, because they act in training
only. A model may be Sequential, or functional if its graph is a chain. Models with
other layers are refused, and so are layers whose settings have other values than those
of `_ALLOWED`, because a model that was only partly understood would generate wrong
music. A file may give only the name of a layer's class; see `reading.read_keras`.

The input must be one-hot vectors of the symbols that the head predicts. No file says
whether it is. The arrays show how many values the first layer reads, and `reading`
checks that number.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from lstm_music_jax.keras.graph import chain
from lstm_music_jax.keras.refusal import RefusedError
from lstm_music_jax.training.config import Gates

# Allowed values of each layer's settings. A setting that the file does not hold has the
# first value; None as the first value means that the file must hold it. Of the other
# settings, only `return_sequences` is checked; see `_stack`.
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
# Names of a layer's arrays, in the order of Keras.
ARRAYS = {"LSTM": ("kernel", "recurrent_kernel", "bias"), "Dense": ("kernel", "bias")}

# Keras 3 changed the meaning of hard_sigmoid, and files hold only the name.
_GATES: dict[tuple[str, int], Gates] = {
    ("sigmoid", 2): "sigmoid",
    ("sigmoid", 3): "sigmoid",
    ("hard_sigmoid", 2): "hard_sigmoid_fifth",
    ("hard_sigmoid", 3): "hard_sigmoid_sixth",
}


class Layer(NamedTuple):
    """A layer of a Keras configuration.

    Attributes:
        kind: the class of the layer, such as "LSTM".
        name: the name of the layer.
        number: its number among the layers of the same class, from 0.
        settings: the settings of the layer, as in the configuration.
    """

    kind: str
    name: str
    number: int
    settings: dict


class Architecture(NamedTuple):
    """The layers and settings of an accepted model.

    Attributes:
        lstms: the LSTM layers, the first layer first.
        head: the dense layer.
        gates: activation of the gates.
        dropout: the rate of all Dropout layers; 0 if there are none, or if their rates
            differ.
        window: number of input symbols; None if any number is allowed.
        every_position: whether a symbol is predicted after every input symbol.
    """

    lstms: list[Layer]
    head: Layer
    gates: Gates
    dropout: float
    window: int | None
    every_position: bool


def accepted(config: Mapping[str, Any], version: str) -> Architecture:
    """Return the architecture that a Keras configuration describes, if it is accepted.

    `version` is the version of Keras that wrote the configuration.

    Raises:
        RefusedError: the model is not of the kind that this module accepts.
    """
    major = int(version.partition(".")[0]) if version[:1].isdigit() else 0
    if major not in (2, 3):
        raise RefusedError(f"it was written by Keras {version}; 2 and 3 can be read")
    layers = _layers(config)
    *lstms, head = _stack(layers)
    activations = {layer.settings["recurrent_activation"] for layer in lstms}
    if len(activations) > 1:
        raise RefusedError(
            "its layers have sigmoid and hard_sigmoid gates; all must agree"
        )
    rates = {float(x.settings["rate"]) for x in layers if x.kind == "Dropout"}
    return Architecture(
        lstms,
        head,
        gates=_GATES[activations.pop(), major],
        dropout=rates.pop() if len(rates) == 1 else 0.0,
        window=_window(layers[0].settings, config),
        every_position=bool(lstms[-1].settings["return_sequences"]),
    )


def _layers(config) -> list[Layer]:
    """Return the layers of a configuration, from input to output."""
    model, described = _kind(config), config["config"]
    # Keras before 2.4 wrote "Model" for a functional model.
    if model not in ("Sequential", "Functional", "Model"):
        raise RefusedError(f"its model is {model}; it must be Sequential or Functional")
    layers: list[Layer] = []
    count: Counter[str] = Counter()
    # Keras before 2.2.3 wrote only the list of layers for a Sequential model.
    for entry in described if isinstance(described, list) else described["layers"]:
        kind = _kind(entry)
        settings = entry["config"]
        name = settings.get("name", kind)
        _require_accepted(kind, name, settings)
        layers.append(Layer(kind, name, count[kind], settings))
        count[kind] += 1
    if model == "Sequential":
        return layers
    named = {layer.name: layer for layer in layers}
    return [named[name] for name in chain(described)]


def _kind(entry):
    kind = entry.get("registered_name") or entry["class_name"]
    # A class of the user's own may have the name of a class of Keras. If it was defined
    # in a notebook or script, its module is null.
    module = entry.get("module", "keras") or "__main__"
    if module.partition(".")[0] not in ("keras", "tf_keras"):
        return f"{module}.{kind}"
    return kind


def _require_accepted(kind, name, settings):
    if kind not in _ALLOWED:
        raise RefusedError(
            f"its layer {name} is {kind}; it must be one of {', '.join(_ALLOWED)}"
        )
    for setting, (default, *others) in _ALLOWED[kind].items():
        value = settings.get(setting, default)
        allowed = [x for x in (default, *others) if x is not None]
        if value not in allowed:
            raise RefusedError(
                f"its layer {name} has {setting} {value!r}; it must be "
                f"{' or '.join(map(str, allowed))}"
            )


def _stack(layers: list[Layer]) -> list[Layer]:
    """Return those of `layers` that have parameters: the LSTM layers, then the head.

    The head is the Dense layer. An input layer, Dropout layers and a layer of the
    softmax are accepted, but they are not in the result.

    Raises:
        RefusedError: the layers are not LSTM layers followed by one Dense layer with a
            softmax, or an LSTM layer below another does not pass on its whole sequence.
    """
    kinds = [layer.kind for layer in layers if layer.kind != "Dropout"]
    if kinds[:1] == ["InputLayer"]:
        kinds = kinds[1:]
    count = kinds.count("LSTM")
    body, end = kinds[: count + 1], kinds[count + 1 :]
    if not count or body != ["LSTM"] * count + ["Dense"] or len(end) > 1:
        raise RefusedError(
            f"its layers are {', '.join(kinds)}; they must be LSTM layers and one "
            "Dense layer with a softmax"
        )
    *lstms, head = (layer for layer in layers if layer.kind in ARRAYS)
    activation = head.settings["activation"]
    if (activation == "softmax") == bool(end) or not set(end) <= {
        "Activation",
        "Softmax",
    }:
        raise RefusedError(
            f"its head {head.name} has activation {activation!r}, followed by "
            f"{', '.join(end) or 'no layers'}; it must have one softmax"
        )
    for layer in lstms[:-1]:
        if layer.settings["return_sequences"] is not True:
            raise RefusedError(
                f"its layer {layer.name} has return_sequences "
                f"{layer.settings['return_sequences']}; it must be True below another "
                "LSTM layer"
            )
    return [*lstms, head]


def _window(settings, config) -> int | None:
    shape = settings.get("batch_shape") or settings.get("batch_input_shape")
    if not shape and isinstance(config["config"], dict):
        shape = config["config"].get("build_input_shape")
    return int(shape[1]) if shape and shape[1] else None
