"""`Obey` by enumeration, and the promise that no draw breaks."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lstm_music_jax.automata.automaton import Automaton
from lstm_music_jax.automata.operations import ended, intersection
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import grid, sweep
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import Chain, Forbid, Obey, Temperature, TopK, TopP
from lstm_music_jax.testing.toy_model import ToyModel

V, LENGTH = 3, 5
RNG = np.random.default_rng(0)
MODEL = ToyModel(jnp.asarray(RNG.normal(0, 2, (V, V)).astype(np.float32)))
WORDS = [*itertools.product(range(V), repeat=LENGTH)]
KEY = jax.random.key(0)
# An even number of 1s, and no 2 after a 0.
AUTOMATON = Automaton(
    np.arange(V, dtype=np.int32),
    np.array([[2, 1, 0], [3, 0, 1], [2, 3, -1], [3, 2, -1]], np.int32),
    np.array([True, False, True, False]),
)


def accepted(word):
    """Return what AUTOMATON accepts, by its description."""
    zero_two = any(pair == (0, 2) for pair in itertools.pairwise(word))
    after_zero = 0 in word and 2 in word[word.index(0) :]
    return word.count(1) % 2 == 0 and not zero_two and not after_zero


def model_probabilities(first, word):
    """Return the model's distributions at each symbol of a word, from the formula."""
    table = np.asarray(MODEL.table, np.float64)
    state, rows = np.zeros(V), []
    for symbol in (first, *word[:-1]):
        state = 0.5 * state + table[symbol]
        weights = np.exp(state - state.max())
        rows.append(weights / weights.sum())
    return rows


def test_exactly_the_accepted_sequences_can_be_drawn():
    kept = {word for word in WORDS if accepted(word)}
    assert 0 < len(kept) < len(WORDS)
    pieces = [np.array([2, *word]) for word in WORDS]
    forced = teacher_force(MODEL, pieces, strategy=Obey(AUTOMATON, LENGTH))
    total = 0.0
    for word, piece in zip(WORDS, forced, strict=True):
        # A sequence that is not accepted has a forbidden symbol, and no further one.
        possible = bool(np.all(piece.kept))
        assert possible == (word in kept)
        if not possible:
            continue
        probability = np.exp(np.sum(piece.strategy_log_probs, dtype=np.float64))
        expected = 1.0
        for place, row in enumerate(model_probabilities(2, word)):
            allowed = {other[place] for other in kept if other[:place] == word[:place]}
            expected *= row[word[place]] / row[[*allowed]].sum()
        assert probability == pytest.approx(expected, rel=1e-4)
        total += probability
    assert total == pytest.approx(1, rel=1e-4)


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_a_promise_that_can_be_kept_is_kept(seed):
    rng = np.random.default_rng(seed)
    states, classes, v = 40, 4, 9
    transitions = rng.integers(-1, states, (states, classes)).astype(np.int32)
    transitions[rng.random(transitions.shape) < 0.4] = -1
    transitions[0, 0], transitions[7, 1] = 7, 7
    accepting = rng.random(states) < 0.05
    accepting[7] = True
    symbols = np.append(np.arange(classes), rng.integers(-1, classes, v - classes))
    symbols = symbols.astype(np.int32)
    automaton = Automaton(symbols, transitions, accepting)
    model = ToyModel(jnp.asarray(rng.normal(0, 3, (v, v)).astype(np.float32)))
    mask = Forbid([int(rng.integers(2, v))])
    drawn = generate(
        model,
        jnp.asarray(rng.integers(v, size=(64, 2)), jnp.int32),
        jax.random.key(seed),
        length=12,
        strategy=Chain(Obey(automaton, 10), mask, Temperature(1.3), TopK(2)),
        trace=True,
    )
    # The promise stands first, so no other strategy can undo it.
    assert all(automaton.accepts(ids[:10]) for ids in np.asarray(drawn.tokens))
    assert not np.asarray(drawn.trace.stage_passed_over)[:, :10, 0].any()


def test_after_its_last_symbol_nothing_is_forbidden():
    # The prompt is not read: the automaton could not accept it.
    prompts = jnp.tile(jnp.asarray([[0, 1, 2]], jnp.int32), (300, 1))
    short = Chain(Obey(AUTOMATON, 2), Temperature(9))
    tokens = np.asarray(generate(MODEL, prompts, KEY, length=5, strategy=short).tokens)
    assert {tuple(ids[:2]) for ids in tokens.tolist()} == {
        word for word in itertools.product(range(V), repeat=2) if accepted(word)
    }
    assert len({tuple(ids[2:4]) for ids in tokens.tolist()}) == V**2


def test_a_continuation_several_devices_and_a_sweep_keep_the_promise():
    prompts = jnp.zeros((50, 1), jnp.int32)
    strategy = Chain(Obey(AUTOMATON, LENGTH), TopP(0.5))
    whole = generate(MODEL, prompts, KEY, length=LENGTH, strategy=strategy)
    first = generate(MODEL, prompts, KEY, length=2, strategy=strategy)
    rest = generate(MODEL, first.streams, length=LENGTH - 2, strategy=strategy)
    joined = np.concatenate([first.tokens, rest.tokens], axis=1)
    np.testing.assert_array_equal(joined, whole.tokens)
    one = jax.devices()[:1]
    single = generate(
        MODEL, prompts, KEY, length=LENGTH, strategy=strategy, devices=one
    )
    np.testing.assert_array_equal(single.tokens, whole.tokens)
    _, stacked = grid(
        lambda p: Chain(Obey(AUTOMATON, LENGTH), TopP(p)), p=[0.5, 0.9, 0.99]
    )
    swept = sweep(MODEL, prompts, KEY, stacked, length=LENGTH)
    np.testing.assert_array_equal(swept.tokens[0], whole.tokens)
    for ids in np.asarray(swept.tokens).reshape(-1, LENGTH).tolist():
        assert accepted(tuple(ids))


def test_a_promise_wins_over_truncation_that_stands_before_it():
    strategy = Chain(TopK(1), Temperature(2), Obey(AUTOMATON, LENGTH), TopP(0.9))
    prompts = jnp.arange(3, dtype=jnp.int32).repeat(20)[:, None]
    drawn = generate(MODEL, prompts, KEY, length=9, strategy=strategy, trace=True)
    for ids in np.asarray(drawn.tokens).tolist():
        assert accepted(tuple(ids[:LENGTH]))
    passed_over = np.asarray(drawn.trace.stage_passed_over)
    undone = passed_over[..., 0]
    assert undone[:, :LENGTH].any()
    assert not undone[:, LENGTH:].any()
    np.testing.assert_array_equal(passed_over[..., 1], undone)
    assert not passed_over[..., 2:].any()
    np.testing.assert_array_equal(drawn.trace.empty_support, undone)
    np.testing.assert_array_equal(drawn.fallbacks, undone.sum(1))


def test_of_two_promises_that_contradict_the_earlier_one_wins():
    # The first accepts only 1, and the second cannot accept an odd number of them.
    ones = Automaton(
        np.array([-1, 0, -1], np.int32), np.zeros((1, 1), np.int32), np.ones(1, bool)
    )
    strategy = Chain(Obey(ones, LENGTH), Obey(AUTOMATON, LENGTH))
    prompts = jnp.zeros((1, 1), jnp.int32)
    drawn = generate(MODEL, prompts, KEY, length=LENGTH, strategy=strategy, trace=True)
    assert np.asarray(drawn.tokens).tolist() == [[1] * LENGTH]
    # The broken promise is counted once, and given up.
    assert np.asarray(drawn.fallbacks).tolist() == [1]
    assert not np.asarray(drawn.trace.stage_passed_over)[..., 0].any()


def test_what_the_chain_forbids_is_not_counted_on():
    message = "in the symbols that the chain allows, such as 4 or 6$"
    with pytest.raises(ValueError, match=message):
        Chain(Forbid([0, 2]), Obey(AUTOMATON, LENGTH))
    # Neither the order nor chains within chains matter.
    inner = Chain(TopK(1), Obey(AUTOMATON, LENGTH), Forbid([2]))
    with pytest.raises(ValueError, match=message):
        Chain(inner, Forbid([0]))
    assert repr(Chain(inner, TopP(0.9))) == (
        "Chain(TopK(1), Obey(automaton, 5), Forbid([2]), TopP(0.9))"
    )


def test_the_tables_are_made_again_only_if_the_chain_changes_them():
    obey = Obey(AUTOMATON, LENGTH)
    (alone,) = Chain(obey).stages
    assert alone.lookahead is obey.lookahead
    beside, _ = Chain(obey, Forbid([2])).stages
    assert beside.lookahead is not obey.lookahead
    (again,) = Chain(beside).stages
    assert again == obey


def test_a_piece_ends_in_time_with_the_end_symbol():
    vocabulary = Vocabulary(("a", "b", "c", "<end>"), end="<end>")
    automaton = Automaton(
        np.array([0, 1, 2, -1], np.int32), AUTOMATON.transitions, AUTOMATON.accepting
    )
    model = ToyModel(jnp.asarray(RNG.normal(0, 1, (4, 4)).astype(np.float32)))
    drawn = generate(
        model,
        jnp.zeros((300, 1), jnp.int32),
        KEY,
        length=9,
        stop=3,
        strategy=Obey(ended(automaton, vocabulary), 6),
    )
    lengths = np.asarray(drawn.lengths)
    assert set(lengths.tolist()) == set(range(6))
    for ids, length in zip(np.asarray(drawn.tokens).tolist(), lengths, strict=True):
        assert accepted(tuple(ids[:length]))


CHAIN = Automaton(
    np.zeros(V, np.int32),
    np.array([[1], [2], [3], [-1]], np.int32),
    np.array([False, True, False, True]),
)
LOOP = Automaton(CHAIN.classes, np.zeros((1, 1), np.int32), np.zeros(1, bool))
NONE = Automaton(CHAIN.classes, CHAIN.transitions, np.zeros(4, bool))


@pytest.mark.parametrize(
    ("automaton", "length", "message"),
    [
        (CHAIN, 2, "length of Obey is 2; .* accepts, such as 1 or 3$"),
        (CHAIN, 9, "length of Obey is 9; .* accepts, such as 3$"),
        (NONE, 9, "accepts; it accepts none, because it reads at most 3 symbols$"),
        (NONE, 2, "accepts; it accepts none of at most 3 symbols$"),
        (
            intersection(CHAIN, NONE),
            3,
            "of a sequence that the automaton accepts; it accepts none of at most 3",
        ),
        (intersection(LOOP, CHAIN), 9, "accepts none, because it reads at most 3 sym"),
        (CHAIN, 0, "length of Obey is 0; it must be a whole number, 1 or more"),
        (3, 1, "automaton of Obey is .*3.*; it must be an automaton, such as bars"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(automaton, length, message):
    with pytest.raises(ValueError, match=message):
        Obey(automaton, length)


def test_another_vocabulary_is_refused():
    other = ToyModel(jnp.zeros((V + 1, V + 1)))
    prompts = jnp.zeros((1, 1), jnp.int32)
    with pytest.raises(ValueError, match="automaton of Obey reads 3 symbols; it must"):
        generate(other, prompts, KEY, length=2, strategy=Obey(AUTOMATON, 2))
