"""Laws of the logits that a strategy returns.

A law is a function that states in its docstring what must hold. It raises `Broken` if
the subject, which is the strategy under test with its inputs, breaks the law. Logits
count as equal if they forbid the same symbols, and if all probabilities differ by at
most `TOLERANCE`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.testing.findings import host, require, require_equal, require_none
from lstm_music_jax.testing.inputs import STREAMS, Inputs, note_key
from lstm_music_jax.testing.runner import Course, after_prompt, by_hand
from lstm_music_jax.testing.subject import Subject

PLACE = "(stream, note, symbol)"
# Constants that are added to the logits, one per symbol of a stream. Like the logits,
# they are multiples of 1/64. In float32, exp(100) is infinite.
SHIFTS = np.array([8, -3.5, 100, 0.25, -1000, 1.75, 1000, -100, 40, -30], np.float32)


def no_nan_or_infinity(subject: Subject) -> None:
    """The logits that a strategy returns are never NaN or +inf.

    This must hold for logits that allow one, two or three symbols, and for logits near
    1000 or -1000.
    """
    shifted, course = _shifted(subject)
    for inputs, shaped, what in (
        (subject.inputs, subject.course.shaped, f"logits at {PLACE}"),
        (shifted, course.shaped, _with_shift),
    ):
        found = np.asarray(shaped)
        bad = np.isnan(found) | (found == np.inf)
        require_none(bad, what, inputs.logits, found)


def forbidden_stays_forbidden(subject: Subject) -> None:
    """A strategy returns -inf for every symbol whose logit is -inf."""
    given, shaped = subject.inputs.logits, np.asarray(subject.course.shaped)
    require_none((given == -np.inf) & (shaped != -np.inf), "logits", given, shaped)


def something_is_left_to_draw(subject: Subject) -> None:
    """A strategy allows at least one symbol, unless it is a mask.

    A strategy is a mask if the logits do not influence which symbols it forbids. A mask
    may forbid every symbol that its input allows; the engine then ignores it.

    If a strategy has forbidden every symbol, the law applies it again, in the same
    state, to logits that are all 0. These allow every symbol. A mask must now allow
    some symbols, but none that the first logits allowed.
    """
    given, course = subject.inputs.logits, subject.course
    came_in = given > -np.inf
    empty = ~(np.asarray(course.shaped) > -np.inf).any(-1) & came_in.any(-1)
    for at in np.argwhere(empty):
        state = jax.tree.map(lambda leaf, at=at: leaf[tuple(at)], course.states)
        zeros = jnp.zeros(subject.vocab_size)
        key = note_key(subject.inputs.key_bits[tuple(at)])
        flat = np.asarray(subject.strategy.apply(zeros, state, key)[0]) > -np.inf
        place = f"(stream, note) {tuple(map(int, at))}"
        require(flat.any(), f"every symbol forbidden at {place}, with all logits 0")
        require(
            not (flat & came_in[tuple(at)]).any(),
            f"every symbol forbidden at {place}, logits {given[tuple(at)]}",
        )


def survives_an_empty_support(subject: Subject) -> None:
    """Logits that are all -inf give no NaN or +inf.

    The strategy gets such logits at one position. No logit that it returns may be NaN
    or +inf there, nor at later positions. Before the last symbol, no float of its state
    may be NaN. At this position the strategy observes the symbol that it drew from
    ordinary logits, which is now forbidden.
    """
    empty = subject.inputs._replace(logits=subject.inputs.logits.copy())
    empty.logits[:, 1] = -np.inf
    course = subject.rerun(empty, subject.course.tokens)
    shaped = np.asarray(course.shaped)
    bad = np.isnan(shaped) | (shaped == np.inf)
    require_none(bad, "with note 1 all -inf, logits", empty.logits, shaped)
    for leaf in host(course.states):
        if leaf.dtype.kind == "f":
            require_none(np.isnan(leaf[:, -1]), "the last note's state", leaf[:, -1])


def rows_are_independent(subject: Subject) -> None:
    """The logits of a stream do not depend on the other streams of its batch.

    With other streams beside it, a stream must have equal logits: they forbid the same
    symbols, and all probabilities differ by at most `TOLERANCE`.
    """
    kept = np.arange(STREAMS) % 2 == 0
    other = np.where(kept, np.arange(STREAMS), 1)
    inputs = Inputs(*(leaf[other] for leaf in subject.inputs))
    inputs.logits[~kept] *= 0.5
    inputs.prompt[~kept] = 0
    course = subject.rerun(inputs, np.asarray(subject.course.tokens)[other])
    require_equal(
        np.asarray(subject.course.shaped)[kept],
        np.asarray(course.shaped)[kept],
        "rows 0, 2, ... with other rows beside them",
    )


def jit_equals_eager(subject: Subject) -> None:
    """A compiled batch gives the same logits as single streams without compilation.

    Logits count as equal if they forbid the same symbols, and if all probabilities
    differ by at most `TOLERANCE`.
    """
    for index in (0, 1):
        inputs = subject.inputs.row(index)
        tokens = np.asarray(subject.course.tokens)[index]
        state = after_prompt(subject.strategy, inputs)
        eager = by_hand(subject.strategy, inputs, tokens, state)
        compiled = np.asarray(subject.course.shaped)[index]
        require_equal(compiled, eager, f"stream {index} uncompiled")


def shift_invariance(subject: Subject) -> None:
    """If a strategy is `shift_invariant`, shifted logits give the same probabilities.

    Shifted logits are logits to which the same constant is added. Probabilities count
    as the same if they differ by at most `TOLERANCE`, and if the same symbols are
    forbidden.
    """
    if not subject.strategy.shift_invariant:
        return
    require_equal(
        np.asarray(subject.course.shaped),
        np.asarray(_shifted(subject)[1].shaped),
        _with_shift,
    )


def _with_shift(at: tuple[int, ...]) -> str:
    return f"with {SHIFTS[at[1]]} added to all logits, at {PLACE}"


def _shifted(subject: Subject) -> tuple[Inputs, Course]:
    """Return inputs with shifted logits, and the strategy's output for these inputs.

    At each position, one constant is added to all logits. `SHIFTS` holds the constants.
    """
    logits = subject.inputs.logits + SHIFTS[None, :, None]
    inputs = subject.inputs._replace(logits=logits)
    return inputs, subject.rerun(inputs, subject.course.tokens)


def permutation_equivariance(subject: Subject) -> None:
    """If a strategy is `permutation_equivariant`, permuted ids permute its logits.

    The permuted logits must forbid the same symbols, and all probabilities must differ
    by at most `TOLERANCE`.
    """
    if not subject.strategy.permutation_equivariant:
        return
    # names[symbol] is the new name of a symbol; symbols[name] is the inverse.
    names = subject.rng.permutation(subject.vocab_size)
    symbols, renamed = np.argsort(names), names.astype(np.int32)
    inputs = subject.inputs._replace(
        prompt=renamed[subject.inputs.prompt],
        logits=subject.inputs.logits[..., symbols],
    )
    course = subject.rerun(inputs, renamed[np.asarray(subject.course.tokens)])
    require_equal(
        np.asarray(subject.course.shaped),
        np.asarray(course.shaped)[..., names],
        f"symbols renamed to {names}",
    )
