"""What draws notes, as a thing to be timed: ours, and what it is compared with in JAX.

Every program takes a number of notes and returns that many ids for each stream, so
that each can be run for as long as its speed asks for, and all be told to give the
same notes.
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

OURS = "ours"
IN_BFLOAT16 = f"{OURS}, weights in bfloat16"
# Notes of the first call, and the fewest that are timed.
FEW = 10
# Seconds; what takes less is too easily disturbed to be timed only once.
_SHORT = 0.1
_LENGTHS = [digit * 10**zeros for zeros in range(1, 5) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class Program:
    """A way to draw notes.

    `draw` and `by_argmax` take a number of notes, and may be the same. A program that
    is to be run for one number of notes only has it as `notes`.
    """

    name: str
    runs_on: str
    draw: Callable[[int], Any]
    by_argmax: Callable[[int], Any] | None = None
    notes: int | None = None


class Layer(NamedTuple):
    """A layer's parameters, `[i 4h]`, `[h 4h]`, `[4h]`; gates in the order i f g o."""

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray


class Weights(NamedTuple):
    """A model's parameters, for another library to copy."""

    layers: tuple[Layer, ...]
    head_kernel: np.ndarray
    head_bias: np.ndarray

    @property
    def products(self) -> list[np.ndarray]:
        """The matrices that a step multiplies with; of the first kernel it reads a row.

        The order: recurrent kernel of a layer, kernel of the next, ..., head.
        """
        first, *rest = self.layers
        matrices = [first.recurrent_kernel]
        for layer in rest:
            matrices += [layer.kernel, layer.recurrent_kernel]
        return [*matrices, self.head_kernel]


def weights_of(model: MusicLSTM) -> Weights:
    """Copy the parameters out of a model."""
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


def place(threads: int) -> str:
    """Say what JAX runs on."""
    platform = jax.devices()[0].platform
    return f"cpu, {threads} threads" if platform == "cpu" else platform


def ours_windowed(
    model: MusicLSTM,
    prompt: np.ndarray,
    notes: int,
    threads: int,
    pieces: int = 1,
    name: str = OURS,
) -> Program:
    """Argmax of an exact sliding window as long as the prompt, of equal pieces."""
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

    return Program(name, place(threads), draw, draw, notes)


def windowed_again(
    model: MusicLSTM, prompt: np.ndarray, notes: int, threads: int
) -> Program:
    """The same of one piece, running the window anew for each note."""

    def draw(length):
        return run_again(model, jnp.asarray(prompt, jnp.int32), length)

    return Program("JAX, window again in a scan", place(threads), draw, draw, notes)


@partial(jax.jit, static_argnums=2)
def run_again(model: MusicLSTM, window: jax.Array, length: int) -> jax.Array:
    """Draw by argmax, running the model over the whole window for every note."""

    def draw(window, _):
        _, hidden = model.unroll_hidden(window[None])
        token = jnp.argmax(model.logits(hidden[0, -1])).astype(jnp.int32)
        return jnp.concatenate([window[1:], token[None]]), token

    return jax.lax.scan(draw, window, length=length)[1]


def ours_carried(
    model: MusicLSTM, streams: int, threads: int, name: str = OURS
) -> Program:
    """Draw from carried states."""
    prompts = jnp.zeros((streams, 1), jnp.int32)

    def draw(length, strategy=None):
        strategy = strategy or strategies.Chain()
        key = jax.random.key(0)
        return generate(model, prompts, key, length=length, strategy=strategy).tokens

    return Program(name, place(threads), draw, lambda n: draw(n, strategies.Greedy()))


def carried_in_python(model: MusicLSTM, streams: int, threads: int) -> Program:
    """The same by a Python loop over a compiled JAX step."""
    loop = _python_loop(model, streams)
    name = "JAX, Python loop over a jitted step"
    return Program(name, place(threads), loop, partial(loop, argmax=True))


def _python_loop(model, streams):
    # Called with plain arrays: taking a module apart would cost more than a step.
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


def ids(drawn: Any) -> np.ndarray:
    """Return what a program drew as one array, notes last."""
    if isinstance(drawn, list):
        return np.stack([np.asarray(tokens) for tokens in drawn], -1)
    return np.asarray(drawn)


def agreement(drawn: np.ndarray, ours: np.ndarray) -> str:
    """Say how many of the notes that both drew are the same, before the first other."""
    shared = min(drawn.shape[-1], ours.shape[-1])
    same = (drawn[..., :shared] == ours[..., :shared]).reshape(-1, shared).all(0)
    return f"{shared if same.all() else int(np.argmin(same))} of {shared}"


class Pace(NamedTuple):
    """How a program begins, and how many notes fit in the time that a run may take.

    `start` is what the first call took beyond a later one: compilation above all.
    """

    notes: int
    start: float


def pace(program: Program, seconds: float, most: int, fewest: int = FEW) -> Pace:
    """Warm a program up, and choose for how many notes it is run."""
    few = program.notes or FEW
    first, later = _seconds(program.draw, few), _seconds(program.draw, few)
    if program.notes:
        return Pace(few, first - later)
    if later < _SHORT:
        later = min(later, _seconds(program.draw, few))
    fitting = [n for n in _LENGTHS if n <= most and n * later / few <= seconds]
    return Pace(max([fewest, *fitting]), first - later)


def _seconds(draw, notes):
    begin = time.perf_counter()
    jax.block_until_ready(draw(notes))
    return time.perf_counter() - begin
