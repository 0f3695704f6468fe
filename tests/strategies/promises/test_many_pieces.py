"""Every promise in 1,000 pieces of 1,000 symbols, checked on the decoded scores."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.automata.builders.bars import bars
from lstm_music_jax.automata.builders.fixed import fixed_notes, fixed_symbols
from lstm_music_jax.automata.builders.motifs import contains, excludes
from lstm_music_jax.automata.builders.patterns import (
    AnySymbol,
    InOrder,
    OneOf,
    Repeat,
    Sounding,
    matching,
)
from lstm_music_jax.automata.builders.pitches import within_key, within_range
from lstm_music_jax.automata.builders.well_formed import well_formed
from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.automata.operations import (
    complement,
    ended,
    intersection,
    minimised,
    union,
)
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import MAJOR, Chain, CopyLimit, Obey, TopP
from lstm_music_jax.testing.toy_model import ToyModel

PIECES, LENGTH = 1000, 1000
ENCODING = Events()
VOCABULARY = Vocabulary(
    (
        *(f"pitch_{pitch}" for pitch in range(60, 72)),
        *(f"shift_{ticks}" for ticks in (3, 6, 12, 24)),
        *(f"duration_{ticks}" for ticks in (3, 6, 12, 24, 48)),
        "<start>",
        "<end>",
    ),
    "<start>",
    "<end>",
    unseen=("pitch_61",),
)
V = len(VOCABULARY)
BOTH = (VOCABULARY, ENCODING)
RNG = np.random.default_rng(0)
MODEL = ToyModel(jnp.asarray(RNG.normal(0, 1, (V, V)).astype(np.float32)))
MOTIF = ["pitch_60", "shift_12", "pitch_62", "shift_12", "pitch_64"]
SCALE = {60, 62, 64, 65, 67, 69, 71}


def drawn(strategy, stop=None):
    """Return the symbols of many pieces, and how many promises were passed over."""
    forbidding = masks(VOCABULARY, ENCODING, stop=stop)
    result = generate(
        MODEL,
        jnp.full((PIECES, 1), VOCABULARY.start_id, jnp.int32),
        jax.random.key(1),
        length=LENGTH,
        stop=stop,
        strategy=Chain(*forbidding, strategy, TopP(0.9)),
    )
    tokens = np.asarray(result.tokens)
    lengths = np.full(PIECES, LENGTH) if stop is None else np.asarray(result.lengths)
    pieces = [ids[:n] for ids, n in zip(tokens, lengths, strict=True)]
    return pieces, np.asarray(result.fallbacks)


def ends_at(ticks):
    return lambda symbols, notes: max(n.onset + n.duration for n in notes) == ticks


def stays_in_bars(symbols, notes):
    return ends_at(16 * 48)(symbols, notes) and all(
        n.onset // 48 == (n.onset + n.duration - 1) // 48 for n in notes
    )


def has(*wanted):
    return lambda symbols, notes: set(wanted) <= {(n.onset, n.pitch) for n in notes}


def with_motif(symbols, notes):
    return " ".join(MOTIF) in " ".join(symbols)


def with_a_transposed_motif(symbols, notes):
    """Return whether two pitches a fourth apart ever follow each other."""
    text = " ".join(symbols) + " "
    rising = re.findall(r"(?=pitch_(\d+) pitch_(\d+) )", text)
    return any(int(high) - int(low) == 5 for low, high in rising)


FOURTH = ["pitch_60", "pitch_65"]
ROW = InOrder(Repeat(AnySymbol()), OneOf(["shift_12"]), Sounding([0]), Sounding([4, 7]))
PROMISES = {
    "bars": (lambda: bars(64, *BOTH, crossing=True), ends_at(64 * 48)),
    "bars, without crossing": (
        lambda: bars(16, *BOTH, crossing=False),
        stays_in_bars,
    ),
    "fixed notes": (
        lambda: fixed_notes({0: 60, 4: (64, 67), 10.5: 71}, *BOTH),
        has((0, 60), (48, 64), (48, 67), (126, 71)),
    ),
    "fixed symbols": (
        lambda: intersection(
            fixed_symbols({0: "shift_12", 400: "pitch_71"}, VOCABULARY),
            well_formed(*BOTH, [71]),
        ),
        lambda symbols, notes: (symbols[0], symbols[400]) == ("shift_12", "pitch_71"),
    ),
    "contains": (
        lambda: intersection(contains(MOTIF, *BOTH), well_formed(*BOTH, [60, 62, 64])),
        with_motif,
    ),
    "excludes, transposed": (
        lambda: excludes(FOURTH, *BOTH, transposed=True),
        lambda symbols, notes: not with_a_transposed_motif(symbols, notes),
    ),
    "range": (
        lambda: within_range(62, 68, *BOTH),
        lambda symbols, notes: {n.pitch for n in notes} <= {*range(62, 69)},
    ),
    "key": (
        lambda: within_key(0, MAJOR, *BOTH),
        lambda symbols, notes: {n.pitch for n in notes} <= SCALE,
    ),
    "pattern": (
        lambda: matching(ROW, *BOTH),
        lambda symbols, notes: (
            symbols[-3] == "shift_12"
            and symbols[-2] == "pitch_60"
            and symbols[-1] in ("pitch_64", "pitch_67")
        ),
    ),
    "well-formed": (lambda: well_formed(*BOTH), lambda symbols, notes: True),
    "combined": (
        lambda: minimised(
            intersection(
                bars(2, *BOTH, crossing=False, grid=6),
                within_key(0, MAJOR, *BOTH),
                complement(contains(FOURTH, *BOTH)),
                union(contains(MOTIF, *BOTH), fixed_notes({2: 60}, *BOTH)),
                well_formed(*BOTH, sorted(SCALE)),
            )
        ),
        lambda symbols, notes: (
            ends_at(2 * 48)(symbols, notes)
            and {n.pitch for n in notes} <= SCALE
            and " ".join([*FOURTH, ""]) not in " ".join([*symbols, ""])
            and (with_motif(symbols, notes) or has((24, 60))(symbols, notes))
        ),
    ),
}


@pytest.mark.very_slow
@pytest.mark.parametrize("name", PROMISES)
def test_a_promise_is_kept_in_every_piece(name):
    make, keeps = PROMISES[name]
    pieces, fallbacks = drawn(Obey(make(), LENGTH))
    assert not fallbacks.any()
    for ids in pieces:
        symbols = VOCABULARY.symbols_of(ids)
        decoded = ENCODING.decode(symbols)
        assert not decoded.skipped
        assert keeps(symbols, decoded.score.notes)


@pytest.mark.very_slow
def test_every_piece_ends_in_time():
    automaton = ended(bars(16, *BOTH, crossing=False), VOCABULARY)
    pieces, fallbacks = drawn(Obey(automaton, 600), VOCABULARY.end_id)
    assert not fallbacks.any()
    assert len({len(ids) for ids in pieces}) > 10
    for ids in pieces:
        assert len(ids) < 600
        symbols = VOCABULARY.symbols_of(ids)
        assert stays_in_bars(symbols, ENCODING.decode(symbols).score.notes)


@pytest.mark.very_slow
@pytest.mark.parametrize("longest", [4, 6])
def test_no_piece_copies_more_than_its_limit(longest):
    known, _ = drawn(Chain())
    corpus = KnownPieces(known[:20], VOCABULARY, ENCODING)
    pieces, fallbacks = drawn(CopyLimit(longest, corpus))
    passages = {
        tuple(ids[start : start + longest + 1].tolist())
        for ids in corpus.pieces
        for start in range(len(ids) - longest)
    }
    for ids, passed_over in zip(pieces, fallbacks, strict=True):
        copied = sum(
            tuple(ids[start : start + longest + 1].tolist()) in passages
            for start in range(len(ids) - longest)
        )
        assert copied == 0 or passed_over
    assert not fallbacks.any()
