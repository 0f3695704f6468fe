"""A run of 300 symbols, and how a replaced symbol changes the state afterwards.

If the vocabulary has more than 300 symbols, the run has that many, rounded up to tens.
The strategy under test runs on a batch of eight rows, which are streams. A row is quiet
if it is one symbol over and over, or two symbols in turn. In separate runs, one symbol
of the quiet rows is replaced: at the first position, and at each position in `LATE`.
This shows for how many symbols, up to five, the state of the strategy then differs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np

from lstm_music_jax.testing.findings import host
from lstm_music_jax.testing.inputs import KINDS, STREAMS, Inputs, rounded
from lstm_music_jax.testing.runner import ALTERNATING, DRAWN, Runner
from lstm_music_jax.types import Bool, Float, Int, PyTree

NOTES = 300
# The symbols that each row of the batch observes. Rows with odd numbers have changed
# hyperparameters.
ROWS = (
    "all symbols in turn",
    "random symbols",
    "one symbol over and over",
    "one symbol over and over",
    "two symbols in turn",
    "random symbols",
    "symbols that it drew",
    "symbols that it drew",
)
QUIET = np.array(["over and over" in row or "two" in row for row in ROWS])
DRAWING = np.array(["drew" in row for row in ROWS])
# The long run consists of calls of a few symbols each. For each entry `n: place`, two
# more calls begin with the states after n calls. Their symbols differ at `place` only.
# In the stream, these are the positions 119, 128, 180, 231 and 312. They are multiples
# of many lengths, because a strategy may forget all symbols at the end of a bar.
LATE = {11: 1, 12: 0, 17: 2, 22: 3, 30: 4}
LAGS = 5


class LongRun(NamedTuple):
    """The results of a long run, as NumPy arrays.

    Attributes:
        logits: the model's logits. They are finite, except in rows in which the
            strategy draws the symbols.
        shaped: the logits that the strategy returned.
        leaves: for each leaf of the state, its name, and its values before each symbol.
        first: the leaves of the state before the prompt.
        early: entry i is True if replacing the first symbol clearly changes the state
            after i more symbols, in every quiet row.
        late: entry i is True if replacing a symbol at one of the late positions changes
            the state after i more symbols, however little, in at least one quiet row.
    """

    logits: Float[np.ndarray, "b n v"]
    shaped: Float[np.ndarray, "b n v"]
    leaves: list[tuple[str, np.ndarray]]
    first: list[np.ndarray]
    early: Bool[np.ndarray, "k"]
    late: Bool[np.ndarray, "k"]


def run_for_long(runner: Runner) -> LongRun:
    """Run a strategy for 300 symbols, or for more if the vocabulary has more."""
    first = runner.first_states(ALTERNATING)
    early = _clear_differences(runner, first)
    states, courses, late = first, [], np.zeros(LAGS, bool)
    chunks = list(_chunks(runner))
    for index, (inputs, tokens) in enumerate(chunks):
        course, states = runner.continue_from(
            states, inputs, tokens, ALTERNATING, prompted=index == 0
        )
        courses.append(jax.tree.map(_on_host, course))
        if index + 1 in LATE:
            late |= _differences(runner, states, LATE[index + 1])
    shaped = np.concatenate([course.shaped for course in courses], axis=1)
    named = jax.tree_util.tree_leaves_with_path(courses[0].states)
    names = [f"state{jax.tree_util.keystr(path)}" for path, _ in named]
    leaves = zip(*(jax.tree.leaves(course.states) for course in courses), strict=True)
    joined = [np.concatenate(parts, axis=1) for parts in leaves]
    return LongRun(
        np.concatenate([inputs.logits for inputs, _ in chunks], axis=1),
        shaped,
        list(zip(names, joined, strict=True)),
        host(first),
        early,
        late,
    )


def _on_host(leaf):
    return host(leaf)[0]


def _chunks(runner: Runner) -> Iterator[tuple[Inputs, Int[np.ndarray, "b n"]]]:
    """Yield the inputs and the symbols of each call of a long run.

    Each call runs ten symbols. The symbols are the ids that the strategy is to observe,
    one row per stream. `DRAWN` stands for a symbol that is to be drawn.
    """
    v, rng, notes = runner.vocab_size, runner.rng, len(KINDS)
    alphabet = _alphabet(runner)
    prompt = rng.integers(v, size=runner.inputs.prompt.shape)
    prompt[2], prompt[3], prompt[4] = alphabet[0], alphabet[1], alphabet[0]
    for begin in range(0, max(NOTES, v), notes):
        places = np.arange(begin, begin + notes)
        tokens = rng.integers(v, size=(STREAMS, notes))
        tokens[2], tokens[3] = alphabet[0], alphabet[1]
        tokens[4] = np.where(places % 2, alphabet[0], alphabet[1])
        tokens[0] = places % v
        tokens[DRAWING] = DRAWN
        # In rows that are not quiet, larger logits make some symbols improbable.
        logits = (
            rng.normal(size=(STREAMS, notes, v)) * np.where(QUIET, 1, 3)[:, None, None]
        )
        logits[DRAWING] = runner.inputs.logits[DRAWING]
        inputs = Inputs(
            prompt.astype(np.int32),
            rounded(logits),
            rng.integers(2**32, size=(STREAMS, notes, 2), dtype=np.uint32),
            rng.permuted(runner.inputs.noise, axis=1),
        )
        yield inputs, tokens.astype(np.int32)


def _alphabet(runner: Runner) -> tuple[int, int, int]:
    """Return three ids of symbols; they differ if the vocabulary has four or more."""
    v = runner.vocab_size
    return v // 3 % v, v // 2 % v, (v - 1) % v


def _clear_differences(runner: Runner, states: PyTree) -> Bool[np.ndarray, "k"]:
    """Return whether replacing the first symbol clearly changes the state afterwards.

    Entry i is about the state after i more symbols. It is True if the state differs far
    beyond rounding in all quiet rows.
    """
    pairs = _with_two_symbols(runner, states, 0)
    return _any_leaf([_clearly(one, other) for one, other in pairs]).all(0)


def _differences(runner: Runner, states: PyTree, at: int) -> Bool[np.ndarray, "k"]:
    """Return whether replacing one symbol changes the state afterwards.

    Entry i is about the state after i more symbols. It is True if the state differs in
    at least one quiet row.

    Args:
        runner: the strategy under test.
        states: the state of each row before a few more symbols are read.
        at: the position of the replaced symbol among these symbols.
    """
    pairs = _with_two_symbols(runner, states, at)
    return _any_leaf([one != other for one, other in pairs]).any(0)


def _with_two_symbols(
    runner: Runner, states: PyTree, at: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the states in two short runs whose symbols differ at one position.

    Both runs begin with `states`. Their symbols go on as in the quiet rows of the long
    run, but in the second run another symbol is at position `at`.

    Returns:
        For each leaf of the state, two arrays: its values in the first and in the
        second run. The first axis of an array is that of the quiet rows. The second
        axis is that of the symbols: five, beginning with the one at position `at`. The
        values are those after each symbol.
    """
    one, two, other = _alphabet(runner)
    shape = runner.inputs.logits.shape
    tokens = np.full(shape[:2], one, np.int32)
    tokens[3], tokens[4, ::2] = two, two
    others = tokens.copy()
    others[:, at] = other
    logits = rounded(np.random.default_rng(0).normal(size=shape))
    inputs = runner.inputs._replace(logits=logits)
    runs = [
        runner.continue_from(states, inputs, symbols, ALTERNATING, prompted=False)[0]
        for symbols in (tokens, others)
    ]
    lags = slice(at + 1, at + 1 + LAGS)
    pairs = zip(*(host(run.states) for run in runs), strict=True)
    return [(one[QUIET, lags], other[QUIET, lags]) for one, other in pairs]


def _clearly(one, other):
    """Return a mask of the entries in which two arrays differ far beyond rounding."""
    if one.dtype.kind not in "fV":
        return one != other
    one, other = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(one - other) <= 1e-4 * np.maximum(np.abs(one), np.abs(other))
    return ~near & (one != other) & ~np.isnan(one) & ~np.isnan(other)


def _any_leaf(differ):
    """Return, for each quiet row and each symbol, whether any leaf differs anywhere.

    `differ` holds a mask for each leaf, with rows and symbols as leading axes.
    """
    found = np.zeros((QUIET.sum(), LAGS), bool)
    for leaf in differ:
        found |= leaf.reshape(*leaf.shape[:2], -1).any(-1)
    return found
