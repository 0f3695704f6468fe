"""Every strategy against its NumPy reference, on many random distributions.

In float32, a rule cannot tell apart two numbers that differ by 1e-5 of their size. So a
symbol counts as undecided if the reference decides differently when its thresholds move
by that much. Both decisions are accepted for undecided symbols only, and symbols with
equal logits must get the same decision.
"""

import copy
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies as st

from lstm_music_jax import strategies
from lstm_music_jax.strategies import XTC
from tests.strategies.cases.music import MUSIC
from tests.strategies.cases.stateful import STATEFUL
from tests.strategies.cases.stateless import STATELESS
from tests.strategies.numpy_references import stateless as ref
from tests.strategies.numpy_references.base import Chain, Stateless

SLACK = 1e-5
INF = np.inf
ROWS = 48
# Hypothesis does not shrink, because a smaller seed is not a simpler example.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SEQUENTIAL = STATEFUL | MUSIC


def gaussian(spread):
    return lambda rng, v: rng.normal(size=v) * spread


def few_values(rng, v):
    return rng.integers(-2, 3, size=v) * np.log(2)


def near_one_hot(rng, v):
    logits = rng.normal(size=v)
    logits[rng.integers(v)] += rng.uniform(4, 40)
    return logits


def with_holes(kind):
    def draw(rng, v):
        logits = kind(rng, v)
        survivor = rng.integers(v)
        gone = rng.random(v) < rng.choice([0.1, 0.5, 0.9])
        return np.where(gone & (np.arange(v) != survivor), -INF, logits)

    return draw


def one_finite(rng, v):
    return np.where(np.arange(v) == rng.integers(v), rng.normal(), -INF)


KINDS = {
    "gaussian 0.3": gaussian(0.3),
    "gaussian 2": gaussian(2),
    "gaussian 6": gaussian(6),
    "gaussian 20": gaussian(20),
    "far from zero": lambda rng, v: gaussian(2)(rng, v) + rng.choice([-50, 50]),
    "few values": few_values,
    "holes": with_holes(gaussian(2)),
    "few values, holes": with_holes(few_values),
    "near one-hot": near_one_hot,
    "near one-hot, holes": with_holes(near_one_hot),
    "flat": lambda rng, v: np.full(v, rng.normal()),
    "one finite": one_finite,
}


def distributions(rng, rows, v):
    """Return float32 logits `[rows v]`, of all kinds in turn."""
    kinds = list(KINDS.values())
    start = rng.integers(len(kinds))
    drawn = [kinds[(start + row) % len(kinds)](rng, v) for row in range(rows)]
    return np.float32(drawn)


def stack(trees):
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def agrees(got, wanted, exact):
    tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-4, "atol": 2e-5}
    return np.array_equal(got > -INF, wanted > -INF) and np.allclose(
        got, wanted, **tolerance
    )


def between(got, fewer, wanted, more, exact):
    """Return whether all logits of `got` lie between those of three references.

    They are one reference with a negative slack, none, and a positive slack.
    """
    kept, sure, undecided = got > -INF, fewer > -INF, more > -INF
    if np.any(sure & ~kept) or np.any(kept & ~undecided):
        return False
    for value in np.unique(more[undecided]):
        if len(set(kept[more == value])) == 2:
            return False
    three = np.array([fewer, wanted, more])[:, kept]
    low = np.where(three > -INF, three, INF).min(0)
    high = three.max(0)
    room = 0 if exact else 1e-4 * np.abs(high) + 2e-5
    return bool(np.all((low - room <= got[kept]) & (got[kept] <= high + room)))


def check(got, reference, logits, exact, where):
    """Compare one result with the reference, and advance the reference."""
    before = copy.deepcopy(reference)
    logits = logits.astype(np.float64)
    wanted = reference.apply(logits)
    if agrees(got, wanted, exact):
        return
    fewer, more = (
        copy.deepcopy(before).apply(logits, slack) for slack in (-SLACK, SLACK)
    )
    near = any(agrees(got, result, exact) for result in (fewer, more))
    if not near and not between(got, fewer, wanted, more, exact):
        differ = np.flatnonzero(~np.isclose(got, wanted, rtol=1e-5))
        raise AssertionError(
            f"{where}: {vars(before)}\nat ids {differ[:8]} of {len(got)}: "
            f"logits {logits[differ[:8]]}, got {got[differ[:8]]}, "
            f"wanted {wanted[differ[:8]]}"
        )


def compile_rows():
    """Return a program that applies stateless strategies to rows of logits."""

    @jax.jit
    def apply_rows(strategies, logits, keys):
        def apply(strategy, logits, key):
            return strategy.apply(logits, strategy.init(logits.shape[0]), key)[0]

        return jax.vmap(apply)(strategies, logits, keys)

    return apply_rows


def behind_a_temperature(draw, rng, v):
    """Draw the strategy after a temperature in a chain, where XLA fuses the two."""
    strategy, reference = draw(rng, v)
    heat = float(np.float32(rng.uniform(0.5, 2)))
    first = Stateless(ref.temperature, value=heat)
    chain = strategies.Chain(strategies.Temperature(heat), strategy)
    return chain, Chain(first, reference)


@pytest.mark.parametrize("v", [2, 17, 308])
@pytest.mark.parametrize("name", STATELESS)
def test_one_distribution(name, v):
    """Compare alone with the smallest and largest v, after a temperature with 17."""
    case, apply_rows = STATELESS[name], compile_rows()
    exact = case.exact and v != 17
    keys = jax.random.split(jax.random.key(0), ROWS)

    @settings(max_examples=14, phases=PHASES)
    @given(st.integers(0, 2**32 - 1))
    def run(seed):
        rng = np.random.default_rng(seed)
        draw = partial(behind_a_temperature, case.draw) if v == 17 else case.draw
        strategies, references = zip(*(draw(rng, v) for _ in range(ROWS)), strict=True)
        logits = distributions(rng, ROWS, v)
        shaped = np.asarray(apply_rows(stack(strategies), logits, keys))
        assert not np.any(np.isnan(shaped) | (shaped == INF))
        for row in range(ROWS):
            where = f"{name}, seed {seed}, row {row}"
            check(shaped[row], references[row], logits[row], exact, where)

    run()


@pytest.mark.parametrize("v", [2, 17])
def test_xtc(v):
    """Every result is one of two: likely symbols are removed or not."""
    apply_rows = compile_rows()
    keys = jax.random.split(jax.random.key(1), ROWS)

    @settings(max_examples=10, phases=PHASES)
    @given(st.integers(0, 2**32 - 1))
    def run(seed):
        rng = np.random.default_rng(seed)
        thresholds = np.float32(rng.uniform(0.02, 0.5, ROWS))
        chances = np.float32(rng.choice([0, 0.4, 1], ROWS))
        logits = distributions(rng, ROWS, v)
        shaped = np.asarray(apply_rows(XTC(thresholds, chances), logits, keys))
        for row in range(ROWS):
            removes = chances[row] == 1
            if chances[row] == 0.4:
                removes = not np.array_equal(shaped[row], logits[row])
            threshold = float(thresholds[row])
            reference = Stateless(ref.xtc, threshold=threshold, removes=removes)
            where = f"xtc, seed {seed}, row {row}"
            check(shaped[row], reference, logits[row], True, where)

    run()


@pytest.mark.parametrize("chance", [0.05, 0.5, 0.9])
def test_xtc_removes_symbols_with_its_probability(chance):
    logits = jnp.log(jnp.float32([0.4, 0.3, 0.2, 0.1]))
    keys = jax.random.split(jax.random.key(2), 40_000)
    apply = jax.jit(jax.vmap(lambda key: XTC(0.15, chance).apply(logits, (), key)[0]))
    removed = np.asarray(apply(keys)) == -INF
    fell = removed.any(1)
    np.testing.assert_array_equal(
        removed[fell], [[True, True, False, False]] * sum(fell)
    )
    # Five standard deviations.
    assert abs(fell.mean() - chance) < 5 * np.sqrt(chance * (1 - chance) / 40_000)


def test_no_two_strategies_share_a_structure():
    """With equal structures, jit may run the program of the other strategy."""
    rng = np.random.default_rng(0)
    drawn = [
        case.draw(rng, 17)[0] for case in (*STATELESS.values(), *STATEFUL.values())
    ]
    for one in drawn:
        for other in drawn:
            same = jax.tree.structure(one) == jax.tree.structure(other)
            assert not same or type(one) is type(other)


PROMPT, NOTES, STREAMS = 3, 50, 12


def symbols_with_repeats(rng, length, v):
    """Return copies of earlier passages and loops, broken by random symbols."""
    symbols = [rng.integers(v)]
    back = 1
    while len(symbols) < length:
        if rng.random() < 0.2:
            back = rng.integers(1, 1 + min(len(symbols), rng.choice([4, length])))
        fresh = rng.random() < 0.1
        symbols.append(rng.integers(v) if fresh else symbols[-back])
    return symbols


def meetings(rng, v):
    """Return the symbols and logits of one stream.

    No drawn symbol is forbidden by its logits, and most are likely. Half of the
    distributions equal an earlier one, or nearly do.
    """
    symbols = np.int32(symbols_with_repeats(rng, PROMPT + NOTES, v))
    logits = distributions(rng, NOTES, v)
    for note, drawn in enumerate(symbols[PROMPT:]):
        if note and rng.random() < 0.5:
            noise = rng.normal(size=v) * rng.choice([0, 0.1, 1])
            logits[note] = logits[rng.integers(max(0, note - 6), note)] + noise
        if rng.random() < 0.9 or logits[note, drawn] == -INF:
            swapped = [np.argmax(logits[note]), drawn]
            logits[note, swapped] = logits[note, swapped[::-1]]
    return symbols, logits


def compile_streams():
    """Return a program that runs strategies as the engine does, on given symbols."""

    @jax.jit
    def apply_streams(strategies, symbols, logits):
        def one_stream(strategy, symbols, logits):
            def read(state, symbol):
                return strategy.observe(symbol, state), None

            def draw(state, note):
                symbol, logits, key = note
                shaped, state = strategy.apply(logits, state, key)
                return strategy.observe(symbol, state), shaped

            keys = jax.random.split(jax.random.key(0), NOTES)
            state = strategy.init(logits.shape[-1])
            state, _ = jax.lax.scan(read, state, symbols[:PROMPT])
            return jax.lax.scan(draw, state, (symbols[PROMPT:], logits, keys))[1]

        return jax.vmap(one_stream)(strategies, symbols, logits)

    return apply_streams


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequences(name):
    case, apply_streams = SEQUENTIAL[name], compile_streams()

    @settings(max_examples=4, phases=PHASES)
    @given(st.integers(0, 2**32 - 1))
    def run(seed):
        rng = np.random.default_rng(seed)
        v = case.size or 5
        strategies, references = zip(
            *(case.draw(rng, v) for _ in range(STREAMS)), strict=True
        )
        symbols, logits = (
            np.array(each)
            for each in zip(*(meetings(rng, v) for _ in range(STREAMS)), strict=True)
        )
        shaped = np.asarray(apply_streams(stack(strategies), symbols, logits))
        assert not np.any(np.isnan(shaped) | (shaped == INF))
        for stream, reference in enumerate(references):
            for symbol in symbols[stream, :PROMPT]:
                reference.observe(symbol)
            for note in range(NOTES):
                where = f"{name}, seed {seed}, stream {stream}, note {note}"
                check(
                    shaped[stream, note],
                    reference,
                    logits[stream, note],
                    case.exact,
                    where,
                )
                reference.observe(symbols[stream, PROMPT + note])

    run()
