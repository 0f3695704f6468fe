"""Near-duplicates: the groups of pieces that share a run, in any key."""

import random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lstm_music_jax.music.corpus import transposed_windows
from lstm_music_jax.music.corpus.loading import load_chorales
from lstm_music_jax.music.corpus.near_duplicates import near_duplicates
from lstm_music_jax.music.corpus.transposed_windows import SHARED_RUN
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.encodings.pitch_names import pitch_name
from tests.music.corpus.generated_corpora import corpora, corpus_of, noise, runs


def groups_by_pairs(corpus, runs_of):
    """Return the groups of pieces that share a run, by comparing all pairs."""
    found = [runs_of(piece) for piece in corpus.pieces]
    expected = [{i} for i in range(len(found))]
    for i, one in enumerate(found):
        for j, other in enumerate(found[:i]):
            if one & other:
                joined = [group for group in expected if group & {i, j}]
                expected = [group for group in expected if not group & {i, j}]
                expected.append(set().union(*joined))
    return sorted(map(sorted, expected))


@given(corpora())
def test_groups_equal_those_of_comparing_all_pairs(symbols):
    corpus = corpus_of(*symbols)
    expected = groups_by_pairs(corpus, lambda piece: runs([piece]))
    assert near_duplicates(corpus, None) == expected


def test_pieces_are_joined_through_other_pieces():
    a, b = noise(1, 64), noise(2, 64)
    corpus = corpus_of(a, ["x", *a, *b], [*b, "y"], noise(3, 64), a[:63])
    assert near_duplicates(corpus, None) == [[0, 1, 2], [3], [4]]


def key_free_runs(piece, encoding):
    """Return the runs of 64 symbols in a form that all transpositions share."""
    sounds = [
        (kind_of(symbol), encoding.pitches(symbol) or encoding.releases(symbol), symbol)
        for symbol in piece.symbols
    ]
    starts = range(len(sounds) - SHARED_RUN + 1)
    return {key_free(sounds[start : start + SHARED_RUN]) for start in starts}


def kind_of(symbol):
    return "chord" if symbol[0].isdigit() else symbol.rpartition("_")[0]


def key_free(run):
    first = [pitches[0] for kind, pitches, _ in run if pitches and kind != "chord"]
    return min(lowered(run, semitones) for semitones in first[:1] or range(12))


def lowered(run, semitones):
    """Return what the symbols sound like, some semitones lower."""
    return tuple(
        (kind, tuple(sorted({(p - semitones) % 12 for p in pitches})), "")
        if kind == "chord"
        else (kind, tuple(p - semitones for p in pitches), "" if pitches else symbol)
        for kind, pitches, symbol in run
    )


def raised(symbol, semitones):
    """Return a symbol that sounds some semitones higher."""
    event, _, pitch = symbol.rpartition("_")
    if event in ("pitch", "note_on", "note_off"):
        return f"{event}_{int(pitch) + semitones}"
    if symbol[0].isdigit():
        return ".".join(str((int(c) + semitones) % 12) for c in symbol.split("."))
    if pitches := NoteNames().pitches(symbol):
        return pitch_name(pitches[0] + semitones)
    return symbol


NAMES = ["C4", "E4", "C#5", "E-5", "4.9", "0.6", "0.4.8", "1.7", "x", "y"]
EVENTS = ["pitch_60", "pitch_61", "pitch_67", "shift_3", "shift_6", "duration_6"]
KEYS = ["note_on_60", "note_off_60", "note_on_61", "note_off_67", "shift_7"]
ALPHABETS = [(NoteNames(), NAMES), (Events(), EVENTS), (NoteNames(), NAMES[4:])]
ALPHABETS += [(Performance(), KEYS)]


def pieces_with_copies(seed, alphabet):
    """Return random pieces, and parts of them in another key, some with an error."""
    draw = random.Random(seed)
    pieces = [draw.choices(alphabet, k=draw.randrange(60, 90)) for _ in range(4)]
    for original in pieces[:2]:
        length = draw.randrange(SHARED_RUN - 1, SHARED_RUN + 10)
        begin = draw.randrange(max(1, len(original) - length))
        copy = [raised(s, 5) for s in original[begin : begin + length]]
        if draw.random() < 0.3:
            copy[len(copy) // 2] = draw.choice(alphabet)
        pieces.append(draw.choices(alphabet, k=draw.randrange(9)) + copy)
    return corpus_of(*pieces)


@pytest.mark.parametrize(("encoding", "alphabet"), ALPHABETS)
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_groups_regardless_of_key(encoding, alphabet, seed):
    corpus = pieces_with_copies(seed, alphabet)
    expected = groups_by_pairs(corpus, lambda piece: key_free_runs(piece, encoding))
    assert near_duplicates(corpus, encoding) == expected


@pytest.mark.parametrize(("encoding", "alphabet"), ALPHABETS)
def test_equal_hashes_of_different_runs_join_nothing(encoding, alphabet, monkeypatch):
    monkeypatch.setattr(
        transposed_windows, "_numbers", lambda _, count: np.zeros(count, np.uint64)
    )
    for seed in range(3):
        corpus = pieces_with_copies(seed, alphabet)
        expected = groups_by_pairs(corpus, lambda piece: key_free_runs(piece, encoding))
        assert near_duplicates(corpus, encoding) == expected


def test_chorales_in_another_key_are_found(chorale_cache):
    corpus = load_chorales(NoteNames(), cache=chorale_cache)
    same_key = near_duplicates(corpus, None)
    any_key = near_duplicates(corpus, NoteNames())
    names = [{corpus.pieces[i].name for i in g} for g in any_key if g not in same_key]
    assert names == [{"bwv280", "bwv176.6"}, {"bwv18.5-w", "bwv18.5-lz"}]
