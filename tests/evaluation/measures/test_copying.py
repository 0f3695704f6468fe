"""Copied passages, against brute force and with planted copies."""

import math

import numpy as np
import pytest

from lstm_music_jax.automata.suffix_automaton import SuffixAutomaton
from lstm_music_jax.evaluation.measures import copied_share, longest_copy
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.copying import CopyIndex, human_copy_length
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.music.vocabulary import Vocabulary


def random_pieces(rng, kinds, pieces=6, longest=40):
    sizes = rng.integers(longest, size=pieces)
    return [rng.integers(kinds, size=size) for size in sizes]


def occurs(run, piece):
    size = len(run)
    return any(piece[i : i + size] == run for i in range(len(piece) - size + 1))


def longest_run_ending(ids, end, pieces):
    for size in range(end, 0, -1):
        if any(occurs(ids[end - size : end], piece) for piece in pieces):
            return size
    return 0


@pytest.mark.parametrize("seed", range(12))
def test_matching_statistics_by_brute_force(seed):
    rng = np.random.default_rng(seed)
    kinds = 1 + seed % 4
    pieces = random_pieces(rng, kinds)
    # One symbol of the query occurs in no piece.
    ids = rng.integers(kinds + 1, size=60)
    automaton = SuffixAutomaton(pieces)
    lengths, ends = automaton.match(ids)
    lists = [piece.tolist() for piece in pieces]
    expected = [longest_run_ending(ids.tolist(), i + 1, lists) for i in range(60)]
    assert lengths.tolist() == expected
    for i, (length, end) in enumerate(zip(lengths, ends, strict=True)):
        if length:
            piece, start = automaton.locate(int(length), int(end))
            run = ids[i + 1 - length : i + 1].tolist()
            assert lists[piece][start : start + length] == run


def test_no_passage_crosses_the_border_of_two_pieces():
    automaton = SuffixAutomaton([np.array([1, 2, 3]), np.array([4, 5, 6])])
    lengths, _ = automaton.match(np.array([2, 3, 4, 5]))
    assert lengths.tolist() == [1, 2, 1, 2]


def test_matching_moves_to_the_piece_with_the_longest_passage():
    pieces = [np.array([1, 2, 3, 9]), np.array([7, 2, 3, 4])]
    assert SuffixAutomaton(pieces).match(np.array([1, 2, 3, 4]))[0][-1] == 3


def test_there_may_be_no_pieces_or_empty_ones():
    nothing = SuffixAutomaton([])
    assert nothing.match(np.array([1, 2]))[0].tolist() == [0, 0]
    automaton = SuffixAutomaton([np.zeros(0, int), np.array([5, 6]), np.zeros(0, int)])
    lengths, ends = automaton.match(np.array([5, 6]))
    assert lengths.tolist() == [1, 2]
    assert automaton.locate(2, int(ends[1])) == (1, 0)
    assert len(automaton.match(np.zeros(0, int))[0]) == 0


def test_negative_ids_are_refused():
    with pytest.raises(ValueError, match="pieces holds id -1 in piece 1; ids must be"):
        SuffixAutomaton([np.array([3]), np.array([2, -1])])


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_the_copied_share_by_brute_force(seed, k):
    rng = np.random.default_rng(seed)
    pieces = random_pieces(rng, 4)
    ids = rng.integers(5, size=50)
    lists, query = [piece.tolist() for piece in pieces], ids.tolist()
    inside = set()
    for start in range(50 - k + 1):
        if any(occurs(query[start : start + k], piece) for piece in lists):
            inside |= set(range(start, start + k))
    assert CopyIndex(pieces).copied_share(ids, k) == pytest.approx(len(inside) / 50)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("seed", range(4))
def test_the_passages_by_brute_force(seed, k):
    rng = np.random.default_rng(seed)
    pieces = random_pieces(rng, 3)
    ids = rng.integers(4, size=50)
    lists, query = [piece.tolist() for piece in pieces], ids.tolist()
    copied = [
        (start, end)
        for start in range(50)
        for end in range(start + k, 51)
        if any(occurs(query[start:end], piece) for piece in lists)
    ]
    maximal = [
        (start, end)
        for start, end in copied
        if not any(
            other != (start, end) and other[0] <= start and end <= other[1]
            for other in copied
        )
    ]
    found = CopyIndex(pieces).passages(ids, k)
    assert [(copy.start, copy.start + copy.length) for copy in found] == maximal
    for copy in found:
        source = lists[copy.piece][copy.piece_start :][: copy.length]
        assert query[copy.start :][: copy.length] == source


def test_a_planted_copy_is_found_with_its_source():
    rng = np.random.default_rng(0)
    training = [rng.integers(40, size=200) for _ in range(5)]
    ids = rng.integers(40, size=128)
    ids[30:70] = training[3][111:151]
    ids[29], ids[70] = 40, 41  # stand in no training piece
    copy = CopyIndex(training).longest(ids)
    assert (copy.length, copy.start, copy.piece, copy.piece_start) == (40, 30, 3, 111)
    index = CopyIndex(training)
    assert longest_copy(index)(Sample(ids)) == 40
    assert copied_share(index, 20)(Sample(ids)) == 40 / 128
    assert copied_share(index, 41)(Sample(ids)) == 0


def test_the_primer_is_no_offence():
    training = [np.arange(50)]
    index = CopyIndex(training)
    ids = np.concatenate([np.arange(30), [60, 61, 5, 6]])
    assert longest_copy(index)(Sample(ids, primer=30)) == 2
    assert copied_share(index, 2)(Sample(ids, primer=30)) == 0.5
    # A passage that begins in the primer counts from the first generated symbol.
    assert longest_copy(index)(Sample(np.arange(10, 40), primer=25)) == 5


def test_a_piece_without_symbols_has_no_copied_share():
    index = CopyIndex([np.arange(5)])
    assert index.longest(np.zeros(0, int)).length == 0
    assert math.isnan(index.copied_share(np.zeros(0, int), 3))
    with pytest.raises(ValueError, match="k is 0; it must be 1 symbol or more"):
        index.copied_share(np.arange(3), 0)
    with pytest.raises(ValueError, match="k is 0; it must be 1 symbol or more"):
        index.passages(np.arange(3), 0)
    assert index.passages(np.zeros(0, int), 3) == []


def transposing_index(pieces, encoding, semitones=12):
    vocabulary = Vocabulary.from_pieces(pieces)
    table = transposition_table(vocabulary, encoding, semitones)
    ids = [vocabulary.ids_of(piece) for piece in pieces]
    return vocabulary, CopyIndex(ids, table), CopyIndex(ids)


def events(pitches):
    return [symbol for p in pitches for symbol in ("shift_6", f"pitch_{p}")]


def test_a_transposed_copy_is_found():
    rng = np.random.default_rng(1)
    tune = rng.integers(60, 72, size=24)
    rest = rng.integers(50, 90, size=300)
    vocabulary, index, exact = transposing_index(
        [events(range(40, 100)), events(rest), events(tune)], Events()
    )
    higher = vocabulary.ids_of(events(tune + 5))
    copy = index.longest(higher)
    assert (copy.length, copy.piece, copy.piece_start) == (48, 2, 0)
    assert copy.semitones == -5
    assert exact.longest(higher).length < 12
    assert index.copied_share(higher, 48) == 1
    assert index.longest(vocabulary.ids_of(events(tune))).semitones == 0


def test_planted_copies_are_found_in_their_keys():
    rng = np.random.default_rng(3)
    tunes = [rng.integers(60, 72, size=20) for _ in range(2)]
    own = rng.integers(40, 90, size=30)
    vocabulary, index, exact = transposing_index(
        [events(range(30, 100)), *map(events, tunes)], Events()
    )
    played = [*own[:10], *tunes[1] - 3, *own[10:20], *tunes[0], *own[20:]]
    ids = vocabulary.ids_of(events(played))
    found = index.passages(ids, 30)
    assert [
        (copy.piece, copy.semitones, copy.piece_start % 40 <= 1) for copy in found
    ] == [(2, 3, True), (1, 0, True)]
    # A neighbouring symbol may be the same by chance.
    for copy, start in zip(found, (20, 80), strict=True):
        assert copy.start <= start
        assert copy.start + copy.length >= start + 40
        assert copy.length <= 42
    assert [copy.piece for copy in exact.passages(ids, 30)] == [1]
    assert index.passages(ids, 43) == []
    covered = np.zeros(len(ids), bool)
    found = index.passages(ids, 4)
    for copy in found:
        covered[copy.start : copy.start + copy.length] = True
    # No passage is inside another one, though it be in another key.
    ends = [copy.start + copy.length for copy in found]
    assert all(np.diff([copy.start for copy in found]) > 0)
    assert all(np.diff(ends) > 0)
    assert covered.mean() == index.copied_share(ids, 4)


@pytest.mark.parametrize("semitones", range(-6, 7))
def test_a_tune_copied_in_any_key_is_as_long_as_the_tune(semitones):
    rng = np.random.default_rng(2)
    tune = rng.integers(50, 70, size=20)
    vocabulary, index, _ = transposing_index(
        [events(range(30, 90)), events(tune)], Events()
    )
    copy = index.longest(vocabulary.ids_of(events(tune + semitones)))
    assert (copy.length, copy.semitones) == (40, -semitones)


def test_a_transposition_that_leaves_the_vocabulary_is_no_copy():
    pieces = [["pitch_60", "pitch_62", "pitch_64"], ["pitch_70"]]
    vocabulary, index, _ = transposing_index(pieces, Events())
    assert index.longest(vocabulary.ids_of(["pitch_70", "pitch_62"])).length == 1


def test_two_spellings_of_a_sound_are_one():
    pieces = [["E-5", "E-5", "F5", "G5", "4.9", "D#5", "0.7", "F#5"]]
    vocabulary, index, exact = transposing_index(pieces, NoteNames())
    played = vocabulary.ids_of(["F5", "G5", "4.9", "E-5", "0.7"])
    assert exact.longest(played).length == 3
    assert index.longest(played).length == 5


def test_k_is_what_few_human_pieces_reach():
    index = CopyIndex([np.arange(100)])
    # The longest shared passages have 1 to 20 symbols.
    human = [Sample(np.append(np.arange(size), 200)) for size in range(1, 21)]
    assert human_copy_length(index, human) == 20
    assert human_copy_length(index, human, percentile=50) == 11
    with pytest.raises(ValueError, match="human is empty; a percentile needs pieces"):
        human_copy_length(index, [])
