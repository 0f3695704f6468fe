"""Copied passages on the device by brute force, and the promise of `CopyLimit`."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.automata.passages import Passages, copied_lengths
from lstm_music_jax.evaluation.measures.copying import CopyIndex
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import grid, sweep
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import Chain, CopyLimit, TopK
from lstm_music_jax.testing.toy_model import ToyModel

PITCHES = [f"pitch_{pitch}" for pitch in range(60, 66)]
VOCABULARY = Vocabulary((*PITCHES, "shift_6", "shift_12"))
V = len(VOCABULARY)
RNG = np.random.default_rng(3)
PIECES = [RNG.integers(V, size=n) for n in (60, 1, 0, 45)]
KNOWN = KnownPieces(PIECES, VOCABULARY, Events())
MODEL = ToyModel(jnp.asarray(RNG.normal(0, 1, (V, V)).astype(np.float32)))
TABLE = transposition_table(VOCABULARY, Events(), 6)
INDEX = {False: CopyIndex(PIECES), True: CopyIndex(PIECES, TABLE)}


def occurs(passage):
    """Return whether a piece holds a passage."""
    windows = (
        piece[start : start + len(passage)].tolist()
        for piece in PIECES
        for start in range(len(piece))
    )
    return list(passage) in windows


@pytest.mark.parametrize("transposed", [False, True])
def test_copied_lengths_by_brute_force(transposed):
    ids = RNG.integers(V, size=(3, 40))
    ids[1, 5:30] = PIECES[0][20:45]
    ids[2, 5:17] = TABLE[6 + 2][PIECES[3][9:21]]
    passages = KNOWN.transposed if transposed else KNOWN.exact
    found = copied_lengths(passages, jnp.asarray(ids, jnp.int32))
    rows = TABLE if transposed else TABLE[6:7]
    for stream, lengths in zip(ids, np.asarray(found), strict=True):
        for end, length in enumerate(lengths, start=1):
            longest = max(
                n
                for n in range(end + 1)
                if n == 0 or any(occurs(row[stream[end - n : end]]) for row in rows)
            )
            assert length == longest


def test_many_symbols_in_many_words():
    # More than two words of 32 bits, with all bits of a word set.
    size = 100
    piece = np.concatenate([[0, x] for x in range(32, 96)])
    passages = Passages.of([piece, np.array([0, 99, 7])], np.arange(size)[None])
    following = jnp.asarray([[0, x, 0] for x in range(size)], jnp.int32)
    lengths = np.asarray(copied_lengths(passages, following))
    for x, row in enumerate(lengths):
        inside = 32 <= x < 96 or x == 99
        assert row[1] == (2 if inside else x in (0, 7))
        assert row[2] == (3 if 32 <= x < 95 else 1)


def test_exactly_the_sequences_within_the_limit_can_be_drawn():
    piece = np.array([0, 1, 2, 0, 1, 1])
    passages = Passages.of([piece], np.arange(3)[None])
    read, continuations_of = jax.jit(passages.read), jax.jit(passages.continuations_of)
    text = piece.tolist()
    known = {
        tuple(text[start:end])
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
    }
    longest = 2
    for sequence in itertools.product(range(3), repeat=5):
        place, possible = passages.begin(), True
        for symbol in sequence:
            mask = np.asarray(continuations_of(place, longest))
            possible = possible and not mask[symbol]
            place = read(place, jnp.int32(symbol))
        copies = any(
            sequence[start : start + 3] in known for start in range(len(sequence) - 2)
        )
        assert possible == (not copies)


@pytest.mark.parametrize("transposed", [False, True])
def test_the_promise_is_kept_in_every_stream(transposed):
    prompts = jnp.asarray(np.stack([PIECES[0][:20]] * 40), jnp.int32)
    limits = [1, 2, 3]
    _, stacked = grid(
        lambda n: Chain(CopyLimit(n, KNOWN, transposed), TopK(6)), n=limits
    )
    key = jax.random.key(0)
    swept = sweep(MODEL, prompts, key, stacked, length=120, trace=True)
    for limit, streams, trace in zip(
        limits, np.asarray(swept.tokens), swept.trace.stage_passed_over, strict=True
    ):
        kept = ~np.asarray(trace[..., 0]).any(axis=1)
        assert limit == 1 or kept.all()
        found = [INDEX[transposed].longest(row).length for row in streams[kept]]
        assert not found or max(found) == limit
    free = generate(MODEL, prompts, key, length=120)
    found = [INDEX[transposed].longest(row).length for row in np.asarray(free.tokens)]
    assert max(found) > max(limits)


def test_the_prompt_counts_before_the_first_symbol():
    # The prompt is copied, so its next two symbols in the piece are forbidden.
    prompt = jnp.asarray(PIECES[0][None, :20], jnp.int32)
    passages = KNOWN.exact
    place = passages.begin()
    for token in prompt[0]:
        place = passages.read(place, token)
    assert int(place.length[0]) == 20
    assert bool(passages.continuations_of(place, 4)[PIECES[0][20]])


@pytest.mark.parametrize("transposed", [False, True])
def test_a_smaller_limit_holds_from_the_first_symbol_on(transposed):
    """Streams that have copied 29 symbols are continued with lower limits.

    The last symbols of these streams have more continuations than all 29 symbols.
    """
    pieces = [np.resize([0, 2, 4], 30), np.array([2, 4, 2]), np.array([0, 2, 0])]
    circle = KnownPieces([*pieces, np.array([4, 0, 4])], VOCABULARY, Events())
    around = np.zeros((V, V), np.float32)
    even = ToyModel(jnp.asarray(around.copy()))
    around[[0, 2, 4], [2, 4, 0]] = 9
    model = ToyModel(jnp.asarray(around))
    prompts = jnp.asarray(circle.pieces[0][None, :20].repeat(40, 0), jnp.int32)
    limit = CopyLimit(29, circle, transposed)
    begun = generate(model, prompts, jax.random.key(0), length=9, strategy=limit)
    copied = (np.asarray(begun.tokens) == circle.pieces[0][20:29]).all(axis=1)
    assert np.count_nonzero(copied) > 30
    index = CopyIndex(circle.pieces, TABLE if transposed else None)
    for longest in (1, 2):
        limit = CopyLimit(longest, circle, transposed)
        drawn = generate(even, begun.streams, length=30, strategy=limit)
        assert not drawn.fallbacks.any()
        both = np.concatenate([begun.tokens, drawn.tokens], axis=1)
        for row in both:
            # Windows that end after the limit was lowered.
            ends = range(9, len(row))
            windows = [row[end - longest : end + 1] for end in ends]
            assert max(index.longest(each).length for each in windows) == longest


@pytest.mark.parametrize("pieces", [[], [np.array([], int)]])
def test_without_known_symbols_nothing_is_forbidden(pieces):
    prompts = jnp.zeros((2, 1), jnp.int32)
    drawn = [
        generate(MODEL, prompts, jax.random.key(0), length=5, strategy=strategy).tokens
        for strategy in (
            CopyLimit(1, KnownPieces(pieces, VOCABULARY, Events())),
            Chain(),
        )
    ]
    assert np.array_equal(*drawn)


@pytest.mark.parametrize("symbol", [-1, V])
def test_ids_out_of_the_vocabulary_are_refused(symbol):
    pieces = [np.array([], int), np.array([0, symbol])]
    with pytest.raises(ValueError, match=rf"holds id {symbol} in piece 1; ids must be"):
        KnownPieces(pieces, VOCABULARY, Events())


def test_a_wrong_corpus_or_flag_is_refused():
    with pytest.raises(ValueError, match="corpus of CopyLimit is None; it must be an "):
        CopyLimit(2, None)
    for flag in ("no", 2, None):
        with pytest.raises(ValueError, match=f"is {flag}; it must be True or False"):
            CopyLimit(2, KNOWN, transposed=flag)


def test_another_vocabulary_is_refused():
    other = ToyModel(jnp.zeros((V + 1, V + 1)))
    prompts = jnp.zeros((1, 1), jnp.int32)
    with pytest.raises(ValueError, match="corpus of CopyLimit has 8 symbols; it must"):
        generate(
            other, prompts, jax.random.key(0), length=2, strategy=CopyLimit(3, KNOWN)
        )
