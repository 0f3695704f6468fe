"""`Obey` beside `WellFormed`, by enumeration: symbols never run out."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.automata.builders.bars import bars
from lstm_music_jax.automata.builders.fixed import fixed_notes, fixed_symbols
from lstm_music_jax.automata.builders.motifs import contains
from lstm_music_jax.automata.builders.patterns import (
    AnySymbol,
    Either,
    InOrder,
    OneOf,
    Repeat,
    Sounding,
    matching,
)
from lstm_music_jax.automata.builders.pitches import within_range
from lstm_music_jax.automata.builders.well_formed import well_formed
from lstm_music_jax.automata.operations import ended, intersection
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import Chain, Obey, TopK, WellFormed
from lstm_music_jax.testing.toy_model import ToyModel

V = 8
WRITTEN = (
    Vocabulary(
        (
            *("pitch_60", "pitch_62", "pitch_64", "shift_12", "duration_12"),
            *("pitch_65", "<start>", "<end>"),
        ),
        "<start>",
        "<end>",
        unseen=("pitch_65",),
    ),
    Events(),
)
PLAYED = (
    Vocabulary(
        (
            *("note_on_60", "note_off_60", "note_on_62", "note_off_62", "shift_3"),
            *("note_on_65", "<start>", "<end>"),
        ),
        "<start>",
        "<end>",
        unseen=("note_on_65",),
    ),
    Performance(),
)
MUSIC, START, END = range(5), 6, 7
RNG = np.random.default_rng(0)
MODEL = ToyModel(jnp.asarray(RNG.normal(0, 1, (V, V)).astype(np.float32)))
LENGTH = 5
PITCHES = ("pitch_60", "pitch_62", "pitch_64")


def chord(vocabulary, encoding):
    """Return the automaton of pieces that end with three pitches in a row."""
    last = OneOf(PITCHES)
    pattern = InOrder(Repeat(AnySymbol()), last, last, last)
    return matching(pattern, vocabulary, encoding)


# For each case: the writing, the automaton, and whether `Obey` forbids only what it
# must.
CASES = {
    "bars": (WRITTEN, lambda *w: bars(1, *w, metre=(2, 4)), True),
    "range": (WRITTEN, lambda *w: within_range(61, 70, *w), True),
    "chord": (WRITTEN, chord, True),
    "fixed note": (WRITTEN, lambda *w: fixed_notes({0: (60, 64), 1: 60}, *w), True),
    "fixed symbol": (
        WRITTEN,
        lambda *w: fixed_symbols({0: "pitch_60", 4: "pitch_60"}, w[0]),
        True,
    ),
    "motif": (WRITTEN, lambda *w: contains(["pitch_60", "pitch_64"], *w), True),
    "transposed motif": (
        WRITTEN,
        lambda *w: contains(["pitch_60", "pitch_62"], *w, transposed=True),
        False,
    ),
    "last pitch": (
        WRITTEN,
        lambda *w: matching(InOrder(Repeat(AnySymbol()), Sounding([0, 4])), *w),
        True,
    ),
    "range, played": (PLAYED, lambda *w: within_range(61, 70, *w), True),
    "motif, played": (
        PLAYED,
        lambda *w: contains(["note_off_60", "note_on_62"], *w),
        False,
    ),
    "motif, followed": (
        PLAYED,
        lambda *w: intersection(
            contains(["note_off_60", "note_on_62"], *w), well_formed(*w, [60, 62])
        ),
        True,
    ),
    "fixed symbol, played": (
        PLAYED,
        lambda *w: fixed_symbols({2: "note_off_60", 4: "note_on_60"}, w[0]),
        False,
    ),
}
WORDS = [*itertools.product(MUSIC, repeat=LENGTH)]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_exactly_well_formed_accepted_pieces_can_be_drawn(name):
    (vocabulary, encoding), make, exact = CASES[name]
    automaton = make(vocabulary, encoding)
    strategy = Chain(*masks(vocabulary, encoding), Obey(automaton, LENGTH))
    pieces = [np.array([START, *word]) for word in WORDS]
    forced = teacher_force(MODEL, pieces, strategy=strategy)
    possible, total = set(), 0.0
    for word, piece in zip(WORDS, forced, strict=True):
        if np.all(piece.kept):
            possible.add(word)
            total += np.exp(np.sum(piece.strategy_log_probs, dtype=np.float64))
    wanted = {
        word
        for word in WORDS
        if automaton.accepts(word)
        and not encoding.decode(vocabulary.symbols_of(word)).skipped
    }
    # No other piece can be drawn, so symbols have never run out.
    assert possible
    assert possible <= wanted
    assert total == pytest.approx(1, rel=1e-4)
    assert not exact or possible == wanted


def test_pitches_of_the_prompt_are_counted():
    vocabulary, encoding = WRITTEN
    end = InOrder(OneOf(PITCHES), Repeat(AnySymbol()))
    obey = Obey(matching(end, vocabulary, encoding), LENGTH)
    strategy = Chain(*masks(vocabulary, encoding), TopK(1), obey)
    prompts = np.array([[START, 3, 0, 1], [START, 0, 1, 2]])
    key = jax.random.key(0)
    drawn = generate(
        MODEL, jnp.asarray(prompts[:1]), key, length=LENGTH, strategy=strategy
    )
    assert np.asarray(drawn.tokens)[0, 0] == 2
    with pytest.raises(ValueError, match="prompts holds in row 1 a prompt after which"):
        generate(MODEL, jnp.asarray(prompts), key, length=LENGTH, strategy=strategy)
    # Without `WellFormed`, decoding skips symbols, and the promise can be kept.
    generate(MODEL, jnp.asarray(prompts), key, length=LENGTH, strategy=obey)


def test_any_way_to_keep_a_promise_counts_after_a_prompt():
    vocabulary, encoding = WRITTEN
    ways = Either(
        InOrder(OneOf(["pitch_60"]), OneOf(["shift_12"]), Repeat(AnySymbol())),
        InOrder(OneOf(["pitch_62"]), OneOf(["duration_12"]), Repeat(AnySymbol())),
    )
    obey = Obey(matching(ways, vocabulary, encoding), LENGTH)
    strategy = Chain(*masks(vocabulary, encoding), obey)
    prompts = np.array([[START, 0], [START, 1]])
    drawn = generate(
        MODEL, jnp.asarray(prompts), jax.random.key(0), length=LENGTH, strategy=strategy
    )
    assert np.asarray(drawn.tokens)[:, 0].tolist() == [1, 0]


def test_an_error_says_that_the_chain_allows_less():
    vocabulary, encoding = WRITTEN
    twice = matching(InOrder(OneOf(PITCHES[:1]), OneOf(PITCHES[:1])), *WRITTEN)
    promise = Obey(twice, 2)
    assert promise.automaton.accepts([0, 0])
    with pytest.raises(ValueError, match="in the symbols that the chain allows; it ac"):
        Chain(WellFormed(vocabulary, encoding), promise)


def test_an_end_symbol_that_must_not_be_drawn_is_not_counted_on():
    vocabulary, encoding = WRITTEN
    promise = Obey(ended(within_range(0, 127, *WRITTEN), vocabulary), LENGTH)
    with pytest.raises(ValueError, match="in the symbols that the chain allows; it ac"):
        Chain(*masks(vocabulary, encoding), promise)
    Chain(*masks(vocabulary, encoding, stop=END), promise)
