"""The graph of a functional model, which must be a chain of layers.

Each layer of the configuration has `inbound_nodes`, one per call of the layer. A node
refers to each tensor that the call reads as [layer, call, output]: the layer's name,
the number of its call, and the number of the output. Keras 2 writes

    [["lstm", 0, 0, {"training": true}]]

with the other arguments of the call at the end, and Keras 3 writes

    {"args": [{"class_name": "__keras_tensor__",
               "config": {"keras_history": ["lstm", 0, 0], ...}}],
     "kwargs": {"training": true}}
"""

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from lstm_music_jax.keras.refusal import RefusedError, naming


def chain(config: Mapping[str, Any]) -> list[str]:
    """Return the names of a functional model's layers, from its input to its output.

    Raises:
        RefusedError: the graph is not a chain, two layers have the same name, or a
            layer is called with an argument other than None or False beside its input.
    """
    sources = {}
    for entry in config["layers"]:
        name = entry["name"]
        with naming(name):
            if name in sources:
                raise RefusedError("is listed twice")
            sources[name] = _source(entry)
    first = _only("input", config["input_layers"])
    backwards = [_only("output", config["output_layers"])]
    while (source := sources.get(backwards[-1])) is not None:
        if source in backwards:
            raise RefusedError(f"its layer {source} reads its own output")
        backwards.append(source)
    if backwards[-1] not in sources:
        raise RefusedError(f"its graph names {backwards[-1]}, which is not a layer")
    if backwards[-1] != first:
        raise RefusedError(
            f"its output {backwards[0]} depends on {backwards[-1]}; it must depend on "
            f"its input {first}"
        )
    for name in sources:
        if name not in backwards:
            raise RefusedError(
                f"its layer {name} does not lead to its output {backwards[0]}; every "
                "layer must"
            )
    return backwards[::-1]


def _source(entry) -> str | None:
    """Return the name of the layer from which the layer `entry` gets its input.

    The result is None if `entry` is an input layer. RefusedError is raised if the
    layer is not called exactly once, or if it does not read exactly one tensor, which
    must be the first output of a layer. It is also raised if another argument of the
    call is neither None nor False, because such an argument may change the result.

    Args:
        entry: the JSON of a layer in the configuration.
    """
    if entry["class_name"] == "InputLayer":
        return None
    calls = entry["inbound_nodes"]
    if len(calls) != 1:
        raise RefusedError(f"is called {len(calls)} times; it must be called once")
    tensors, arguments = _parsed(calls[0])
    for name, value in arguments.items():
        if value is not None and value is not False:
            raise RefusedError(
                f"is called with {name} {reprlib.repr(value)}; it must be None or False"
            )
    if len(tensors) != 1:
        raise RefusedError(f"reads {len(tensors)} tensors; it must read 1")
    # The call's number needs no check, because each layer is called once. It can be
    # above 0, because Keras 3.0 also counts calls that are not part of the model.
    ((source, _, output),) = tensors
    if output != 0:
        raise RefusedError(f"reads output {output} of {source}; it must read output 0")
    return source


def _parsed(node) -> tuple[list[list], dict[str, Any]]:
    """Return references to the tensors that a call reads, and its other arguments.

    A reference is a list [layer, call, output]. The arguments are keyed by their names.

    Args:
        node: an entry of `inbound_nodes`, as Keras 2 or Keras 3 writes it.
    """
    if isinstance(node, Mapping):
        arguments = {f"argument {k}": value for k, value in enumerate(node["args"])}
        arguments |= node["kwargs"]
        tensors = list(_tensors(arguments))
        others = {k: v for k, v in arguments.items() if not list(_tensors(v))}
        return tensors, others
    tensors, others = [], {}
    for *tensor, arguments in _tensors(node):
        tensors.append(tensor)
        others |= arguments
    return tensors, others


def _tensors(value) -> Iterator[list]:
    """Yield all references to tensors, [layer, call, output], that some JSON holds.

    A reference in a node of Keras 2 has a fourth entry: the other arguments of the
    call.
    """
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"]
        else:
            yield from _tensors(list(value.values()))
    elif isinstance(value, list):
        if value and isinstance(value[0], str):
            yield value
        else:
            for item in value:
                yield from _tensors(item)


def _only(what, layers) -> str:
    names = [name for name, *_ in _tensors(layers)]
    if len(names) != 1:
        raise RefusedError(
            f"its {what}s are {', '.join(names) or 'none'}; it must have 1 {what}"
        )
    return names[0]
