"""The streams on which a strategy is tested, and functions that apply it to them.

Logits are multiples of 1/64, so that adding a constant is exact, and equal logits stay
equal.
"""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.generate import GUMBEL
from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Bool, Float, Int, PRNGKey, PyTree

STREAMS = 4
PROMPT = 8
# With these options, programs compile four times as fast. They run only a few times.
QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}


class Streams(NamedTuple):
    """The input of one stream or a batch: a prompt, then logits and keys per symbol."""

    prompt: Int[Array, "*b p"]
    logits: Float[Array, "*b n v"]
    keys: PRNGKey


class Course(NamedTuple):
    """The output for `Streams`: shaped logits, symbols, and the state before each."""

    shaped: Float[Array, "*b n v"]
    tokens: Int[Array, "*b n"]
    states: PyTree


class Subject:
    """A strategy under test, and the streams on which it is tested."""

    def __init__(self, strategy: Strategy, vocab_size: int, seed: int = 0):
        """Make the random streams."""
        self.strategy = strategy
        self.vocab_size = vocab_size
        self.rng = np.random.default_rng(seed)
        # Prompts use only three symbols, so that they repeat themselves.
        alphabet = self.rng.choice(vocab_size, min(3, vocab_size), replace=False)
        notes = len(KINDS)
        self.streams = Streams(
            jnp.asarray(self.rng.choice(alphabet, (STREAMS, PROMPT)), jnp.int32),
            jnp.asarray(
                [
                    [self.logits(note + 2 * stream) for note in range(notes)]
                    for stream in range(STREAMS)
                ]
            ),
            jax.random.split(jax.random.key(seed), (STREAMS, notes)),
        )
        # The compiled function is shared, so a second check compiles nothing.
        self._batch = quickly(_courses)

    def logits(self, kind: int) -> Float[np.ndarray, "v"]:
        """Return random logits of kind `kind` modulo the number of `KINDS`."""
        logits = KINDS[kind % len(KINDS)](self.rng, self.vocab_size)
        return (np.round(64 * logits) / 64).astype(np.float32)

    def stream(self, index: int) -> Streams:
        """Return one stream of the batch."""
        return jax.tree.map(lambda leaf: leaf[index], self.streams)

    @cached_property
    def course(self) -> Course:
        """The output for all streams, with symbols drawn as the engine draws them."""
        unused = jnp.zeros((STREAMS, len(KINDS)), jnp.int32)
        return self._batch(self.strategy, self.streams, unused, jnp.bool_(False))

    def rerun(
        self, streams: Streams, tokens: Array, strategy: Strategy | None = None
    ) -> Course:
        """Return the output for other streams and given symbols, without compiling."""
        strategy = self.strategy if strategy is None else strategy
        return self._batch(strategy, streams, tokens, jnp.bool_(True))

    def changed(self) -> Strategy:
        """Return the strategy with all hyperparameters changed a little."""
        return jax.tree.map(_change, self.strategy)

    def jaxpr(self) -> Any:
        """Return the program for the batch, as JAX traces it."""
        arguments = self.strategy, self.streams, self.course.tokens, jnp.bool_(True)
        return jax.make_jaxpr(_courses)(*arguments).jaxpr

    @property
    def traces(self) -> int:
        """How often the program has been traced so far, for all subjects together."""
        return len(_TRACES)


_TRACES: list[type] = []


def _courses(
    strategy: Strategy,
    streams: Streams,
    tokens: Int[Array, "b n"],
    given: Bool[Array, ""],
) -> Course:
    _TRACES.append(type(strategy))
    return jax.vmap(_course, (None, 0, 0, None))(strategy, streams, tokens, given)


def _course(
    strategy: Strategy, stream: Streams, tokens: Int[Array, "n"], given: Bool[Array, ""]
) -> Course:
    """Return the output for one stream."""

    def note(state, at):
        logits, token, key = at
        shaped, after = strategy.apply(logits, state, key)
        weighed = jnp.where(jnp.any(shaped > -jnp.inf), shaped, logits)
        drawn, _ = GUMBEL.draw(weighed, (), jax.random.fold_in(key, 1))
        token = jnp.where(given, token, drawn)
        return strategy.observe(token, after), Course(shaped, token, state)

    state = strategy.init(stream.logits.shape[-1])
    state, _ = jax.lax.scan(
        lambda state, token: (strategy.observe(token, state), None),
        state,
        stream.prompt,
    )
    return jax.lax.scan(note, state, (stream.logits, tokens, stream.keys))[1]


def after_prompt(strategy, stream):
    """Return the state after a stream's prompt, computed without compilation."""
    state = strategy.init(stream.logits.shape[-1])
    for token in stream.prompt:
        state = strategy.observe(token, state)
    return state


def by_hand(strategy, stream, tokens, state):
    """Return the shaped logits, computed symbol by symbol without compilation."""
    rows = []
    for logits, token, key in zip(stream.logits, tokens, stream.keys, strict=False):
        shaped, state = strategy.apply(logits, state, key)
        state = strategy.observe(token, state)
        rows.append(np.asarray(shaped))
    return np.stack(rows)


@pytree
class ToyModel:
    """A simple model for the engine, whose state is its logits.

    Reading symbol x halves the logits and adds `table[x]`; `table` is `[v v]`.
    """

    table: Any

    def initial_state(self):
        """Return the zero state."""
        return jnp.zeros_like(self.table[0])

    def step(self, state, token):
        """Read a symbol; return the new state and the next symbol's logits."""
        state = self.advance(state, token)
        return state, self.readout(state)

    def advance(self, state, token):
        """Return the state after reading a symbol."""
        return 0.5 * state + self.table[token]

    def readout(self, state):
        """Return the next symbol's logits, which are the state."""
        return state

    def unroll(self, tokens):
        """Read sequences, `[b t]`; return the last states and all logits."""
        zeros = jax.vmap(lambda _: self.initial_state())(tokens)
        states, logits = jax.lax.scan(jax.vmap(self.step), zeros, tokens.T)
        return states, jnp.swapaxes(logits, 0, 1)


def _one_symbol(rng, v, logit):
    """Return logits with 0 for one random symbol, and `logit` for the others."""
    return np.where(np.arange(v) == rng.integers(v), 0.0, logit)


KINDS = (
    lambda rng, v: 2 * rng.normal(size=v),
    lambda rng, v: np.round(rng.normal(size=v)),  # ties
    lambda rng, v: np.where(  # forbidden symbols
        rng.random(v) < 0.5, _one_symbol(rng, v, -np.inf), 2 * rng.normal(size=v)
    ),
    lambda rng, v: _one_symbol(rng, v, -9.0) + rng.normal(size=v),  # one probable
    # All but one probability are 0 in float32, although no logit is -inf.
    lambda rng, v: _one_symbol(rng, v, -200.0) + rng.normal(size=v),
    lambda rng, v: np.zeros(v),
    lambda rng, v: _one_symbol(rng, v, -np.inf),  # one allowed
)


def _change(leaf):
    kind = jnp.asarray(leaf).dtype
    if jnp.issubdtype(kind, jnp.floating):
        return leaf * np.asarray(63 / 64, leaf.dtype)
    if jnp.issubdtype(kind, jnp.integer):
        return leaf + np.ones((), leaf.dtype)
    return leaf


@cache
def quickly(function: Callable) -> Callable:
    """Return `function` compiled with little optimisation, for all subjects."""
    return jax.jit(function, compiler_options=_known_options())


@cache
def _known_options():
    known = {}
    for name, value in QUICK.items():
        try:
            jax.jit(jnp.negative, compiler_options={name: value})(jnp.float32(0))
        except jax.errors.JaxRuntimeError:  # this version has no such option
            continue
        known[name] = value
    return known
