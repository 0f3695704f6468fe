"""A strategy under test, and ways to run it on its inputs.

The strategy is compiled once, for a batch of streams, which are sequences that are
generated. Each stream has a state and a setting of its own. The setting is 0 for the
hyperparameters of the strategy, and 1 for slightly changed ones. So the same compiled
function serves a sweep over both settings. It also serves a long run, in which each
call begins with the states after the previous call.
"""

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import map_settings, settings_axes
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.testing.findings import is_key
from lstm_music_jax.testing.inputs import STREAMS, Inputs, note_key, random_inputs
from lstm_music_jax.types import Array, Bool, Float, Int, PyTree

# With these options, XLA compiles four times as fast. Slower programs do no harm,
# because they run only a few times.
QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}
# This takes the place of a symbol id where the symbol is to be drawn.
DRAWN = -1
# The setting of each row: 0 for the hyperparameters given, 1 for changed ones.
GIVEN = np.zeros(STREAMS, int)
CHANGED = np.ones(STREAMS, int)
ALTERNATING = np.arange(STREAMS) % 2


class Course(NamedTuple):
    """The output of a strategy along a stream, or along each stream of a batch.

    Attributes:
        shaped: the logits that the strategy returned for each symbol.
        tokens: the ids of the symbols that it observed.
        states: its state before each of these symbols.
    """

    shaped: Float[Array, "*b n v"]
    tokens: Int[Array, "*b n"]
    states: PyTree


class Runner:
    """Runs a strategy under test on its inputs, for a whole batch at once.

    Args:
        strategy: the strategy, with one value for each hyperparameter.
        vocab_size: number of symbols in the vocabulary.
        seed: seed of the random inputs.
    """

    def __init__(self, strategy: Strategy, vocab_size: int, seed: int = 0):
        """Make random inputs. The strategy is compiled when it first runs on them."""
        self.strategy = strategy
        self.vocab_size = vocab_size
        self.rng = np.random.default_rng(seed)
        self.inputs = random_inputs(self.rng, vocab_size)
        # A second check of the same strategy compiles nothing.
        self._batch = quickly(_courses)

    @cached_property
    def course(self) -> Course:
        """The strategy's output for the random inputs, with symbols drawn from it.

        They are drawn by adding the Gumbel noise of the inputs.
        """
        undrawn = np.full(self.inputs.logits.shape[:2], DRAWN, np.int32)
        return self.rerun(self.inputs, undrawn)

    def rerun(
        self,
        inputs: Inputs,
        tokens: Int[np.ndarray, "b n"] | Int[Array, "b n"],
        settings: Int[np.ndarray, "b"] = GIVEN,
    ) -> Course:
        """Return the output for given inputs and symbols, from the initial state on.

        The arguments are those of `continue_from`.
        """
        states = self.first_states(settings)
        return self.continue_from(states, inputs, tokens, settings)[0]

    def first_states(self, settings: Int[np.ndarray, "b"] = GIVEN) -> PyTree:
        """Return the strategy's state in each row, before the first prompt symbol.

        `settings` holds the setting of each row, 0 or 1.
        """
        return _rows(self._first_states, settings)

    def continue_from(
        self,
        states: PyTree,
        inputs: Inputs,
        tokens: Int[np.ndarray, "b n"] | Int[Array, "b n"],
        settings: Int[np.ndarray, "b"] = GIVEN,
        prompted: bool = True,
    ) -> tuple[Course, PyTree]:
        """Continue from the given states; return the output and the last states.

        Args:
            states: the state of each row of the batch, which is a stream.
            inputs: for each row, its prompt, logits, keys and noise.
            tokens: the ids of the symbols to observe; `DRAWN` where a symbol is to be
                drawn.
            settings: for each row, 0 for the hyperparameters of the strategy, 1 for
                changed ones.
            prompted: whether to observe the symbols of the prompt first.
        """
        strategies = _rows(self._settings, settings)
        return self._batch(strategies, states, inputs, tokens, np.bool_(prompted))

    @cached_property
    def changed(self) -> Strategy:
        """The strategy with all hyperparameters changed a little.

        Floats are multiplied by 63/64, so a 0 stays 0. Integers are raised by 1. Others
        stay the same.
        """
        return map_settings(_change, self.strategy)

    @cached_property
    def _settings(self) -> tuple[Strategy, Strategy]:
        return self.strategy, self.changed

    @cached_property
    def _first_states(self) -> tuple[PyTree, PyTree]:
        first, changed = (s.init(self.vocab_size) for s in self._settings)
        return first, changed

    def arguments(self) -> tuple:
        """Return the arguments with which the compiled function is called.

        With them, the function runs on the random inputs, and the strategy observes the
        symbols that `course` has drawn.
        """
        strategies = _rows(self._settings, GIVEN)
        tokens, prompted = np.asarray(self.course.tokens), np.bool_(True)
        return strategies, self.first_states(), self.inputs, tokens, prompted

    def run_on(self, arguments: tuple) -> tuple[Course, PyTree]:
        """Run the compiled strategy on a batch of streams.

        Args:
            arguments: the arguments of the compiled function, which are: the strategy
                with a setting for each stream, the states, the inputs, the ids of the
                symbols to observe, and whether to observe the prompt first.

        Returns:
            The strategy's output, and its states after the last symbol.
        """
        return self._batch(*arguments)

    def jaxpr(self) -> Any:
        """Return the jaxpr of the function that is compiled."""
        return jax.make_jaxpr(_courses)(*self.arguments()).jaxpr

    @property
    def traces(self) -> int:
        """How often JAX has traced the function that all runners compile.

        The traces that `jaxpr` makes count too.
        """
        return len(_TRACES)


_TRACES: list[type] = []


def _courses(
    strategies: Strategy,
    states: PyTree,
    inputs: Inputs,
    tokens: Int[Array, "b n"],
    prompted: Bool[Array, ""],
) -> tuple[Course, PyTree]:
    _TRACES.append(type(strategies))
    mapped = jax.vmap(_course, (settings_axes(strategies), 0, 0, 0, None))
    return mapped(strategies, states, inputs, tokens, prompted)


def _course(
    strategy: Strategy,
    state: PyTree,
    inputs: Inputs,
    tokens: Int[Array, "n"],
    prompted: Bool[Array, ""],
) -> tuple[Course, PyTree]:
    """Return the output of a strategy for one stream, and its last state.

    Args:
        strategy: the strategy.
        state: its state at the beginning.
        inputs: prompt, logits, keys and noise of the stream.
        tokens: ids of the symbols to observe; `DRAWN` where a symbol is to be drawn.
        prompted: whether to observe the symbols of the prompt first.
    """

    def note(state, at):
        logits, token, key_bits, noise = at
        shaped, after = strategy.apply(logits, state, note_key(key_bits))
        weighed = jnp.where(jnp.any(shaped > -jnp.inf), shaped, logits)
        drawn = jnp.argmax(weighed + noise).astype(jnp.int32)
        token = jnp.where(token == DRAWN, drawn, token)
        return strategy.observe(token, after), Course(shaped, token, state)

    prompt = jnp.asarray(inputs.prompt)
    read = jnp.where(prompted, inputs.prompt.shape[0], 0)
    state = jax.lax.fori_loop(
        0, read, lambda at, state: strategy.observe(prompt[at], state), state
    )
    notes = inputs.logits, tokens, inputs.key_bits, inputs.noise
    after, course = jax.lax.scan(note, state, notes)
    return course, after


def _rows(of_settings: tuple[PyTree, PyTree], settings: Int[np.ndarray, "b"]) -> PyTree:
    """Return a PyTree of a batch, each row of which is one of two PyTrees.

    `of_settings` holds the PyTrees of setting 0 and of setting 1. Row i of each leaf of
    the result is the leaf of setting `settings[i]`. Tables, large leaves that all rows
    share, are kept as they are.
    """

    def rows(first, changed):
        if is_key(first):
            return jnp.stack([first, changed])[settings]
        return np.stack([first, changed])[settings]

    return map_settings(rows, *of_settings)


def after_prompt(strategy, inputs):
    """Return the state of a strategy after the prompt, computed without compilation."""
    state = strategy.init(inputs.logits.shape[-1])
    for token in inputs.prompt:
        state = strategy.observe(jnp.asarray(token), state)
    return state


def by_hand(strategy, inputs, tokens, state):
    """Return the logits that a strategy returns for one stream, in a plain Python loop.

    Args:
        strategy: the strategy.
        inputs: the inputs of the stream; the prompt is not observed.
        tokens: for each symbol, the id that is observed after `apply`.
        state: the state at the beginning.
    """
    keys = [note_key(bits) for bits in inputs.key_bits]
    return by_hand_with(strategy, inputs.logits, keys, tokens, state)


def by_hand_with(strategy, logits, keys: Sequence[Array], tokens, state):
    """Return the logits that a strategy returns for one stream, in a plain Python loop.

    The loop ends with the shortest of `logits`, `keys` and `tokens`.

    Args:
        strategy: the strategy.
        logits: the logits of the model for each symbol, `[n v]`.
        keys: the random key for each symbol.
        tokens: ids of the symbols to observe.
        state: the state at the beginning.
    """
    rows = []
    for note_logits, token, key in zip(logits, tokens, keys, strict=False):
        shaped, state = strategy.apply(jnp.asarray(note_logits), state, key)
        state = strategy.observe(jnp.asarray(token), state)
        rows.append(np.asarray(shaped))
    return np.stack(rows)


def _change(leaf):
    kind = jnp.asarray(leaf).dtype
    if jnp.issubdtype(kind, jnp.floating):
        return leaf * np.asarray(63 / 64, kind)
    if jnp.issubdtype(kind, jnp.integer):
        return leaf + np.ones((), kind)
    return leaf


@cache
def quickly(function: Callable) -> Callable:
    """Return `jit(function)` with little optimisation, so that it compiles fast.

    If this is called again with the same function, it returns the same compiled
    function. So the runners share it, and it is compiled only once.
    """
    return jax.jit(function, compiler_options=_known_options())


@cache
def _known_options() -> dict:
    known = {}
    for name, value in QUICK.items():
        try:
            jax.jit(jnp.negative, compiler_options={name: value})(jnp.float32(0))
        except jax.errors.JaxRuntimeError:  # this version has no such option
            continue
        known[name] = value
    return known
