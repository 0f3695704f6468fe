"""Automata by brute force: every word of up to four symbols is read."""

import itertools

import jax
import jaxtyping
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lstm_music_jax.automata import automaton as module
from lstm_music_jax.automata.automaton import Automaton, explored, grouped
from lstm_music_jax.automata.operations import (
    complement,
    ended,
    intersection,
    minimised,
    union,
)
from lstm_music_jax.music.vocabulary import Vocabulary

V = 3
WORDS = [w for n in range(5) for w in itertools.product(range(V), repeat=n)]


def random_automaton(seed, outside=False):
    """Return a random automaton; with `outside`, some symbols cannot be read."""
    rng = np.random.default_rng(seed)
    states = int(rng.integers(1, 6))
    kinds = rng.integers(0, 3, size=V).tolist()
    read = rng.random(V) < 0.7 if outside else np.ones(V, bool)
    classes, kinds = grouped(kinds, read)
    return Automaton(
        classes,
        rng.integers(-1, states, size=(states, len(kinds))).astype(np.int32),
        rng.random(states) < 0.3,
    )


def language(automaton):
    return {word for word in WORDS if automaton.accepts(word)}


SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=30)
@given(SEEDS, SEEDS, st.booleans())
def test_the_boolean_operations_are_those_of_sets(one, other, outside):
    a, b = random_automaton(one, outside), random_automaton(other, outside)
    assert language(union(a, b)) == language(a) | language(b)
    assert language(intersection(a, b)) == language(a) & language(b)
    readable = {w for w in WORDS if all(a.classes[x] >= 0 for x in w)}
    assert language(complement(a)) == readable - language(a)
    assert same(complement(complement(a)), a)


@settings(max_examples=30)
@given(SEEDS, SEEDS)
def test_de_morgan(one, other):
    a, b = random_automaton(one), random_automaton(other)
    assert same(complement(union(a, b)), intersection(complement(a), complement(b)))
    assert same(complement(intersection(a, b)), union(complement(a), complement(b)))


def same(one, other):
    """Return whether two automata have the same language, of words of any length."""
    leaves = map(jax.tree.leaves, (minimised(one), minimised(other)))
    return all(map(np.array_equal, *leaves))


@settings(max_examples=40)
@given(SEEDS, st.booleans())
def test_a_minimised_automaton_is_the_smallest_with_its_language(seed, outside):
    automaton = random_automaton(seed, outside)
    small = minimised(automaton)
    assert language(small) == language(automaton)
    # Each state but the dead one has its own set of accepted continuations.
    futures = set()
    for state in range(len(automaton)):
        if state == 0 or any(automaton.read(w) == state for w in WORDS):
            futures.add(frozenset(w for w in WORDS if read_from(automaton, state, w)))
    assert len(small) == max(len(futures - {frozenset()}), 1)
    columns = {column.tobytes() for column in small.transitions.T}
    assert len(columns) == small.transitions.shape[1]


def read_from(automaton, state, word):
    for symbol in word:
        group = automaton.classes[symbol]
        state = automaton.transitions[state, group] if group >= 0 else -1
        if state < 0:
            return False
    return automaton.accepting[state]


def test_many_states_are_merged():
    # Reads multiples of 250 symbols, with states of four rounds.
    n = 250
    ring = explored(0, lambda s, _: (s + 1) % (4 * n), lambda s: s % n == 0, CLASSES)
    assert len(ring) == 4 * n
    assert len(minimised(ring)) == n
    assert same(intersection(ring, minimised(ring)), ring)


CLASSES = np.zeros(V, np.int32)


def test_the_end_symbol_follows_an_accepted_piece():
    vocabulary = Vocabulary(("a", "b", "<end>"), end="<end>")
    automaton = Automaton(
        np.array([0, 1, -1], np.int32),
        np.array([[0, 1], [1, 0]], np.int32),
        np.array([False, True]),
    )
    end = {w for w in WORDS if 2 in w and set(w[w.index(2) :]) == {2}}
    expected = {w for w in end if automaton.accepts(w[: w.index(2)])}
    assert language(ended(automaton, vocabulary)) == expected
    with pytest.raises(ValueError, match="vocabulary has no end symbol"):
        ended(automaton, Vocabulary(("a", "b", "c")))


def test_sizes_and_picture():
    automaton = Automaton(
        np.array([0, 1, 1], np.int32),
        np.array([[0, 1], [-1, 1]], np.int32),
        np.array([False, True]),
    )
    assert repr(automaton) == "<Automaton: 2 states, 2 classes of 3 symbols>"
    assert (len(automaton), automaton.nbytes) == (2, 12 + 16 + 2)
    assert automaton.dot(Vocabulary(("C4", 'E"', "G4"))) == (
        "digraph {\n"
        "  rankdir=LR\n"
        "  start [shape=point]\n"
        "  start -> 0\n"
        "  0 [shape=circle]\n"
        '  0 -> 0 [label="C4"]\n'
        '  0 -> 1 [label="E\\", G4"]\n'
        "  1 [shape=doublecircle]\n"
        '  1 -> 1 [label="E\\", G4"]\n'
        "}\n"
    )


def test_what_cannot_be_is_refused(monkeypatch):
    none = np.zeros(1, bool)
    classes = np.zeros(V, np.int32)
    with pytest.raises(ValueError, match="transitions holds 5 to 5; its numbers must"):
        Automaton(classes, np.full((1, 1), 5, np.int32), none)
    with pytest.raises(ValueError, match=r"classes holds 0 to 0; .* must be -1 to -1"):
        Automaton(classes, np.zeros((1, 0), np.int32), none)
    with pytest.raises(ValueError, match="classes lacks 1; each column of transitions"):
        Automaton(classes, np.zeros((1, 2), np.int32), none)
    # The tests also check shapes at every call, which users' programs do not.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match="accepting has 1 entries; it must have one"):
        Automaton(classes, np.zeros((2, 1), np.int32), none)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="automata read 3 and 4 symbols; all of them"):
        intersection(
            explored(0, lambda s, _: s, bool, CLASSES),
            explored(0, lambda s, _: s, bool, np.zeros(4, np.int32)),
        )
    with pytest.raises(ValueError, match="automata is empty"):
        union()
    monkeypatch.setattr(module, "MOST_STATES", 100)
    with pytest.raises(ValueError, match=r"has 101 states or more; .* at most 100$"):
        explored(0, lambda s, _: s + 1, bool, CLASSES)
    with pytest.raises(ValueError, match="has 1,234 states; it must have at most 100"):
        Automaton(classes, np.zeros((1234, 1), np.int32), np.zeros(1234, bool))
