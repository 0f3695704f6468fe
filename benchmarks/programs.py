"""The programs that draw notes and are timed: those of this package and plain JAX.

Every program takes a number of notes and returns that many ids per stream. So a run of
a slow program can be shorter, and the notes of all programs can be compared.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax import MusicLSTM, SlidingWindow, generate, strategies

THIS_PACKAGE = "lstm_music_jax"
IN_BFLOAT16 = f"{THIS_PACKAGE}, weights in bfloat16"
# The first call draws this many notes, and a timed run draws at least as many, unless a
# program has a fixed number of notes.
FEWEST_NOTES = 10
# Seconds. When the number of notes is chosen, a run that is shorter than this is timed
# a second time, because it is easily disturbed.
_SHORT = 0.1
_LENGTHS = [digit * 10**zeros for zeros in range(1, 5) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class Program:
    """A way to draw notes.

    Attributes:
        name: its name in the tables.
        runs_on: the device, and the number of threads on a CPU.
        draw: takes a number of notes and draws them; this is timed.
        by_argmax: draws by argmax, to compare the notes; may be the same as `draw`.
        notes: the number of notes of every run, if it must always be the same.
    """

    name: str
    runs_on: str
    draw: Callable[[int], Any]
    by_argmax: Callable[[int], Any] | None = None
    notes: int | None = None


class Layer(NamedTuple):
    """The parameters of a layer: `[i 4h]`, `[h 4h]`, `[4h]`, each in the order i f g o.

    These are the input gate, the forget gate, the candidate and the output gate.
    """

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray


class Weights(NamedTuple):
    """The parameters of a model, which other libraries copy."""

    layers: tuple[Layer, ...]
    head_kernel: np.ndarray
    head_bias: np.ndarray

    @property
    def products(self) -> list[np.ndarray]:
        """The matrices with which a step multiplies.

        Their order is: recurrent kernel of a layer, kernel of the next layer, ...,
        head. The first kernel is left out, because a step only reads one row of it.
        """
        first, *rest = self.layers
        matrices = [first.recurrent_kernel]
        for layer in rest:
            matrices += [layer.kernel, layer.recurrent_kernel]
        return [*matrices, self.head_kernel]


def weights_of(model: MusicLSTM) -> Weights:
    """Return the parameters of a model as NumPy arrays."""
    return Weights(
        tuple(
            Layer(*map(_array, (x.input_kernel, x.recurrent_kernel, x.bias)))
            for x in model.layers
        ),
        _array(model.head_kernel),
        _array(model.head_bias),
    )


def _array(parameter):
    return np.array(parameter[...], np.float32)


def describe_device(threads: int) -> str:
    """Return the name of JAX's platform, and on a CPU the number of threads."""
    platform = jax.devices()[0].platform
    return f"cpu, {threads} threads" if platform == "cpu" else platform


def window_program(
    model: MusicLSTM,
    prompt: np.ndarray,
    notes: int,
    threads: int,
    pieces: int = 1,
    name: str = THIS_PACKAGE,
) -> Program:
    """Return this package's program: argmax with an exact sliding window.

    The window is as long as the prompt. All pieces start from the same prompt.
    """
    prompts = jnp.tile(jnp.asarray(prompt, jnp.int32), (pieces, 1))

    def draw(length):
        drawn = generate(
            model,
            prompts,
            jax.random.key(0),
            length=length,
            strategy=strategies.Greedy(),
            context=SlidingWindow(len(prompt)),
        )
        return drawn.tokens[0] if pieces == 1 else drawn.tokens

    return Program(name, describe_device(threads), draw, draw, notes)


def rerun_window_program(
    model: MusicLSTM, prompt: np.ndarray, notes: int, threads: int
) -> Program:
    """Return a program for one piece that reads the whole window for every note."""

    def draw(length):
        return rerun_window(model, jnp.asarray(prompt, jnp.int32), length)

    name = "JAX, whole window per note in a scan"
    return Program(name, describe_device(threads), draw, draw, notes)


@partial(jax.jit, static_argnums=2)
def rerun_window(model: MusicLSTM, window: jax.Array, length: int) -> jax.Array:
    """Draw by argmax; run the model over the whole window for every note."""

    def draw(window, _):
        _, hidden = model.unroll_hidden(window[None])
        token = jnp.argmax(model.logits(hidden[0, -1])).astype(jnp.int32)
        return jnp.concatenate([window[1:], token[None]]), token

    return jax.lax.scan(draw, window, length=length)[1]


def carried_program(
    model: MusicLSTM, streams: int, threads: int, name: str = THIS_PACKAGE
) -> Program:
    """Return this package's program: draws with carried states."""
    prompts = jnp.zeros((streams, 1), jnp.int32)

    def draw(length, strategy=None):
        strategy = strategy or strategies.Chain()
        key = jax.random.key(0)
        return generate(model, prompts, key, length=length, strategy=strategy).tokens

    def by_argmax(length):
        return draw(length, strategies.Greedy())

    return Program(name, describe_device(threads), draw, by_argmax)


def python_loop_program(model: MusicLSTM, streams: int, threads: int) -> Program:
    """Return draws with carried states by a Python loop over a compiled JAX step."""
    loop = _python_loop(model, streams)
    name = "JAX, Python loop over a jitted step"
    return Program(name, describe_device(threads), loop, partial(loop, argmax=True))


def _python_loop(model, streams):
    # The step takes plain arrays, because flattening a module costs more than a step.
    leaves, structure = jax.tree.flatten(model)

    @partial(jax.jit, static_argnames="argmax", donate_argnames="states")
    def step(leaves, states, tokens, key, position, argmax):
        model = jax.tree.unflatten(structure, leaves)
        states, logits = jax.vmap(model.step)(states, tokens)
        if argmax:
            return states, jnp.argmax(logits, -1).astype(jnp.int32)
        key = jax.random.fold_in(key, position)
        return states, jax.random.categorical(key, logits).astype(jnp.int32)

    def draw(length, argmax=False):
        states = jax.tree.map(
            lambda leaf: jnp.zeros((streams, *leaf.shape), leaf.dtype),
            model.initial_state(),
        )
        tokens, key, drawn = jnp.zeros(streams, jnp.int32), jax.random.key(0), []
        for position in range(length):
            states, tokens = step(leaves, states, tokens, key, position, argmax)
            drawn.append(tokens)
        return drawn

    return draw


def as_array(drawn: Any) -> np.ndarray:
    """Return the ids that a program drew as one array, with the notes last."""
    if isinstance(drawn, list):
        return np.stack([np.asarray(tokens) for tokens in drawn], -1)
    return np.asarray(drawn)


def agreement(drawn: np.ndarray, reference: np.ndarray) -> str:
    """Count the equal notes before the first difference, as "86 of 1000".

    The second number is the number of notes that both programs drew.
    """
    shared = min(drawn.shape[-1], reference.shape[-1])
    same = (drawn[..., :shared] == reference[..., :shared]).reshape(-1, shared).all(0)
    return f"{shared if same.all() else int(np.argmin(same))} of {shared}"


class RunLength(NamedTuple):
    """The number of notes per run of a program, and the seconds of its start-up.

    `startup` is by how much the first call took longer than a later one. Most of it is
    compilation.
    """

    notes: int
    startup: float


def choose_length(
    program: Program, seconds: float, most: int, fewest: int = FEWEST_NOTES
) -> RunLength:
    """Warm a program up and choose how many notes each of its runs draws.

    Args:
        program: what to warm up; if it has a fixed number of notes, that is chosen.
        seconds: a run should not take longer.
        most: a run draws at most this many notes.
        fewest: a run draws at least this many notes, however long they take.
    """
    few = program.notes or FEWEST_NOTES
    first, later = _seconds(program.draw, few), _seconds(program.draw, few)
    if program.notes:
        return RunLength(few, first - later)
    if later < _SHORT:
        later = min(later, _seconds(program.draw, few))
    fitting = [n for n in _LENGTHS if n <= most and n * later / few <= seconds]
    return RunLength(max([fewest, *fitting]), first - later)


def _seconds(draw, notes):
    begin = time.perf_counter()
    jax.block_until_ready(draw(notes))
    return time.perf_counter() - begin
