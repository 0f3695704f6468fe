"""ONNX Runtime: one graph computes a step of the model and draws the next symbols."""

from functools import partial

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from programs import Program, Weights

_threads = 1
# These are fixed, so that any later onnx writes what a runtime of today can read.
_OPSET, _IR = 18, 10


def set_up(threads: int, precise: bool) -> None:
    """Store the number of threads; a CPU has only one precision."""
    global _threads
    _threads = threads


def carried_programs(weights: Weights, streams: int) -> list[Program]:
    """Return draws that call the session once per note, with the states in and out."""
    sizes = [len(layer.recurrent_kernel) for layer in weights.layers]
    names = [name for name, _ in _states(sizes)]
    sampling, greedy = _session(weights, argmax=False), _session(weights, argmax=True)

    def draw(notes, session):
        feeds = {
            name: np.zeros((streams, size), np.float32) for name, size in _states(sizes)
        }
        tokens, drawn = np.zeros(streams, np.int64), []
        for _ in range(notes):
            tokens, *states = session.run(None, {"tokens": tokens, **feeds})
            feeds = dict(zip(names, states, strict=True))
            drawn.append(tokens)
        return np.stack(drawn, 1)

    return [
        Program(
            "ONNX Runtime, session.run per step",
            f"cpu, {_threads} threads",
            partial(draw, session=sampling),
            partial(draw, session=greedy),
        )
    ]


def _states(sizes):
    for index, size in enumerate(sizes):
        yield f"cell{index}", size
        yield f"hidden{index}", size


def _session(weights, argmax):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    model = exported(weights, argmax).SerializeToString()
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )


def exported(weights: Weights, argmax: bool):
    """Return a step as an ONNX model: ids and states in, next ids and states out."""
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(operation, *inputs, to, **attributes):
        outputs = [to] if isinstance(to, str) else to
        nodes.append(helper.make_node(operation, inputs, outputs, **attributes))
        return to

    hidden = None
    for n, (kernel, recurrent_kernel, bias) in enumerate(weights.layers):
        if hidden is None:
            rows = constant("rows", kernel + bias)
            inputs = add("Gather", rows, "tokens", to="inputs0")
        else:
            kernel = constant(f"kernel{n}", kernel)
            inputs = add("MatMul", hidden, kernel, to=f"product{n}")
            bias = constant(f"bias{n}", bias)
            inputs = add("Add", inputs, bias, to=f"inputs{n}")
        recurrent = constant(f"recurrent{n}", recurrent_kernel)
        recurrent = add("MatMul", f"hidden{n}", recurrent, to=f"recurrence{n}")
        gates = add("Add", inputs, recurrent, to=f"gates{n}")
        parts = [f"{gate}{n}" for gate in "ifgo"]
        add("Split", gates, to=parts, axis=-1, num_outputs=4)
        i, f, g, o = (
            add("Tanh" if part[0] == "g" else "Sigmoid", part, to=f"{part}_open")
            for part in parts
        )
        kept = add("Mul", f, f"cell{n}", to=f"kept{n}")
        written = add("Mul", i, g, to=f"written{n}")
        cell = add("Add", kept, written, to=f"next_cell{n}")
        squashed = add("Tanh", cell, to=f"squashed{n}")
        hidden = add("Mul", o, squashed, to=f"next_hidden{n}")
    head = constant("head", weights.head_kernel)
    scores = add("MatMul", hidden, head, to="scores")
    logits = add("Add", scores, constant("head_bias", weights.head_bias), to="logits")
    if argmax:
        add("ArgMax", logits, to="next_tokens", axis=-1, keepdims=0)
    else:
        int64 = TensorProto.INT64
        add("Multinomial", logits, to="column", sample_size=1, dtype=int64, seed=0.0)
        add("Squeeze", "column", constant("axis", np.array([1])), to="next_tokens")

    sizes = [len(layer.recurrent_kernel) for layer in weights.layers]
    ids = partial(helper.make_tensor_value_info, elem_type=TensorProto.INT64)
    floats = partial(helper.make_tensor_value_info, elem_type=TensorProto.FLOAT)
    graph = helper.make_graph(
        nodes,
        "step",
        [
            ids("tokens", shape=["b"]),
            *(floats(name, shape=["b", size]) for name, size in _states(sizes)),
        ],
        [
            ids("next_tokens", shape=["b"]),
            *(floats(f"next_{name}", shape=["b", n]) for name, n in _states(sizes)),
        ],
        constants,
    )
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=_IR)
