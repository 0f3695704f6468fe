"""Laws of the state that a strategy keeps.

A law is a function that states in its docstring what must hold. It raises `Broken` if
the subject, which is the strategy under test with its inputs, breaks it. A long run is
one of 300 symbols, or of more if the vocabulary has more.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.testing.findings import (
    Broken,
    copied,
    host,
    is_key,
    kind,
    require,
    require_none,
)
from lstm_music_jax.testing.inputs import KINDS, note_key
from lstm_music_jax.testing.long_run import DRAWING, LATE, QUIET, ROWS
from lstm_music_jax.testing.runner import ALTERNATING, after_prompt, by_hand
from lstm_music_jax.testing.subject import Subject

# Number of symbols that count as the beginning, and as the end, of a long run.
EDGE = 9
# An integer of the state counts as a counter if it takes this many steps in one
# direction.
STEPS = 6


def is_pure(subject: Subject) -> None:
    """Results depend only on the arguments, and nothing is changed in place.

    This holds for all methods of a strategy. So a saved state can be used twice with
    the same results, and a copy of the strategy gives the same results.
    """
    strategy, inputs = subject.strategy, subject.inputs.row(0)
    tokens, others = subject.inputs.prompt[:2, :3]
    others = (others + 1) % subject.vocab_size
    state = after_prompt(strategy, inputs)
    saved = jax.tree.map(copied, state)
    first = by_hand(strategy, inputs, tokens, state)
    by_hand(strategy, inputs, others, state)
    for before, after in zip(host(saved), host(state), strict=True):
        same = np.array_equal(before, after, equal_nan=True)
        require(same, "the state was changed in place")
    copy = jax.tree.map(lambda leaf: leaf, strategy)
    for found, ran in (
        ("a second run from a saved state", (strategy, inputs, tokens, saved)),
        ("a fresh run", (strategy, inputs, tokens, after_prompt(strategy, inputs))),
        ("a copy", (copy, inputs, tokens, after_prompt(copy, inputs))),
    ):
        again = by_hand(*ran)
        differ = (first != again) & ~(np.isnan(first) & np.isnan(again))
        require_none(differ, f"{found} gave other logits", first, again)


def keeps_shapes_and_dtypes(subject: Subject) -> None:
    """The state keeps its structure, shapes and dtypes, and logits are float32 `[v]`.

    A state that changes its structure, shapes or dtypes cannot be the carry of a scan.
    """
    inputs = subject.inputs.row(0)
    token, logits = jnp.asarray(inputs.prompt[0]), jnp.asarray(inputs.logits[0])
    key = note_key(inputs.key_bits[0])
    strategy = subject.strategy
    # The hyperparameters are arguments of the traced function, as when `generate`
    # compiles.
    state = jax.eval_shape(lambda own: own.init(subject.vocab_size), strategy)
    applied = jax.eval_shape(
        lambda own, *a: own.apply(*a), strategy, logits, state, key
    )
    require(
        isinstance(applied, tuple) and len(applied) == 2,
        f"apply returned {type(applied).__name__}, not logits and state",
    )
    shaped = f"{applied[0].dtype}{list(applied[0].shape)}"
    wanted = f"float32[{subject.vocab_size}]"
    require(shaped == wanted, f"apply returned logits {shaped}, not {wanted}")
    observed = jax.eval_shape(lambda own, *a: own.observe(*a), strategy, token, state)
    for method, after in (("apply", applied[1]), ("observe", observed)):
        require(
            kind(after) == kind(state),
            f"{method} changed the state from {kind(state)} to {kind(after)}",
        )


def survives_a_long_run(subject: Subject) -> None:
    """In a long run, no number overflows, and some symbol can always be drawn.

    No returned logit is NaN or +inf. In the state, no integer wraps around, and no
    float becomes NaN. With finite logits, no float that is finite at the beginning
    becomes infinite and stays infinite. Whether a symbol can be drawn is examined in
    the streams in which one symbol recurs or two take turns.
    """
    run = subject.long_run
    bad = np.isnan(run.shaped) | (run.shaped == np.inf)
    require_none(bad, _in_row("a logit is NaN or +inf"), run.shaped)
    for name, leaf in run.leaves:
        before, after = leaf[:, :-1], leaf[:, 1:]
        if leaf.dtype.kind in "iu":
            require_none(_wraps(leaf), _in_row(f"{name} wraps around"), before, after)
        elif leaf.dtype.kind in "fV":
            numbers = leaf.astype(np.float64)
            spoiled = np.isnan(numbers[:, 1:]) & ~np.isnan(numbers[:, :-1])
            require_none(spoiled, _in_row(f"{name} becomes NaN"), before, after)
            endless = np.isinf(numbers)
            endless[:, :-EDGE] = False
            endless &= np.isinf(numbers[:, -EDGE:]).all(1, keepdims=True)
            endless &= np.isfinite(numbers[:, :EDGE]).all(1, keepdims=True)
            endless[DRAWING] = False
            require_none(endless, _in_row(f"{name} overflows"), leaf)
    nothing = ~(run.shaped > -np.inf).any(-1) & QUIET[:, None]
    require_none(nothing, _in_row("every symbol is forbidden"))


def _in_row(what: str) -> Callable[[tuple[int, ...]], str]:
    """Return a function that writes the error message for a fault of a long run.

    Args:
        what: the fault, in words.

    Returns:
        A function from the index of the fault to the message. The index begins with the
        stream and the position of the symbol. The message says which kind of symbols
        the stream has.
    """
    return lambda at: (
        f"{what} at note {at[1]} of a stream of {ROWS[at[0]]}, at (stream, note, ...)"
    )


def _wraps(leaf: np.ndarray) -> np.ndarray:
    """Return a mask of the steps at which a counter wraps around.

    There it jumps by more than half the range of its dtype, after six small steps in
    the other direction. A hash, which overflows on purpose, takes no such steps.

    Args:
        leaf: an integer leaf of the state before each symbol, `[b n ...]`. A step leads
            from one symbol to the next, so the result is `[b n-1 ...]`.
    """
    limits = np.iinfo(leaf.dtype)
    reach = float(limits.max) - float(limits.min)
    steps = np.diff(leaf.astype(np.float64), axis=1)
    jumps = np.abs(steps) > reach / 2
    for back in range(1, STEPS + 1):
        before = np.zeros_like(steps)
        before[:, back:] = steps[:, :-back]
        jumps &= (before * steps < 0) & (np.abs(before) <= reach / 8)
    return jumps


def the_state_moves(subject: Subject) -> None:
    """Every leaf of the state changes in a long run, unless it is a table.

    A leaf whose elements are not all equal at the beginning is taken for a table. If
    any other leaf never changes, and also keeps another initial value, `observe` or
    `apply` has forgotten to update it.
    """
    run = subject.long_run
    for index, ((name, leaf), first) in enumerate(
        zip(run.leaves, run.first, strict=True)
    ):
        flat = first.reshape(len(first), -1)
        one_value = flat.size > 0 and bool((flat == flat[:, :1]).all())
        still = one_value and bool((leaf == first[:, None]).all())
        require(
            not still or not _stays_elsewhere(subject, index),
            f"{name} did not change in {leaf.shape[1]} notes of {len(leaf)} streams: "
            f"{', '.join(dict.fromkeys(ROWS))}. A constant belongs in a field",
        )


def _stays_elsewhere(subject: Subject, index: int) -> bool:
    """Return whether a leaf of the state also keeps another initial value.

    Leaf number `index` gets another initial value, and the strategy runs on the random
    inputs. Return whether the leaf then has this value still. A mean, for example, has
    not: it moves towards the values that are averaged. Random keys are not tried; for
    them the result is True.
    """
    leaves, structure = jax.tree.flatten(subject.first_states(ALTERNATING))
    if is_key(leaves[index]):
        return True
    leaves[index] = _elsewhere(leaves[index])
    states = jax.tree.unflatten(structure, leaves)
    tokens = subject.course.tokens
    _, after = subject.continue_from(states, subject.inputs, tokens, ALTERNATING)
    return np.array_equal(jax.tree.leaves(after)[index], leaves[index])


def _elsewhere(leaf: np.ndarray) -> np.ndarray:
    return ~leaf if leaf.dtype == bool else leaf + np.ones((), leaf.dtype)


def keeps_observing(subject: Subject) -> None:
    """A late symbol affects the state for as many later steps as the first symbol does.

    This is found by replacing the symbol; the state is compared after 0 to 4 more
    symbols. A ring buffer that does not wrap around breaks this law: it ignores late
    symbols. A strategy that stops observing on purpose breaks it too; `except_for` of
    `check_strategy` skips the law.
    """
    run = subject.long_run
    lost = np.flatnonzero(run.early & ~run.late)
    if lost.size:
        raise Broken(
            f"another first symbol changes the state for {lost[0] + 1} symbols or "
            f"more; after {min(LATE) * len(KINDS)} symbols, another symbol no longer "
            "does. Does a ring buffer not wrap around?"
        )
