"""The dataset: the description of its split, from which the split is made again."""

import random

import numpy as np
import pytest
from sources import Source, dataset, dataset_of_run

from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.corpus.symbols_file import write_symbols
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from tests.music.corpus.generated_corpora import (
    corpus_of,
    music,
    score_of,
    transposed,
)


@pytest.fixture
def corpus():
    """Twenty pieces, the second ten of them in another key than the first."""
    draw = random.Random(0)
    pieces = [music(draw, 70) for _ in range(10)]
    pieces += [transposed(piece, 1) for piece in pieces]
    return corpus_of(*(NoteNames().encode(score_of(piece)) for piece in pieces))


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("end", [True, False])
def test_a_piece_stands_between_its_start_and_its_end(corpus, start, end):
    data = Dataset.from_corpus(corpus, NoteNames(), validation=0, start=start, end=end)
    before = ["<start>"] if start else []
    after = ["<end>"] if end else []
    pieces = [data.vocabulary.symbols_of(ids) for ids in data.train]
    assert pieces == [[*before, *piece.symbols, *after] for piece in corpus.pieces]
    assert data.description["start"] is start
    assert data.description["end"] is end
    assert data.train_names == corpus.names


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_a_share_out_of_range_is_an_error(corpus, share):
    with pytest.raises(ValueError, match=r"validation is .*; it must be in \[0, 1\)"):
        Dataset.from_corpus(corpus, NoteNames(), validation=share)


def test_the_names_are_those_of_the_pieces_of_each_side(corpus):
    data = Dataset.from_corpus(corpus, NoteNames(), validation=0.3)
    symbols_of = {piece.name: piece.symbols for piece in corpus.pieces}
    for pieces, names in (
        (data.train, data.train_names),
        (data.validation, data.validation_names),
    ):
        assert len(pieces) == len(names) > 0
        for ids, name in zip(pieces, names, strict=True):
            assert tuple(data.vocabulary.symbols_of(ids[1:-1])) == symbols_of[name]


def test_a_run_is_split_again_as_it_was(corpus, tmp_path):
    """A run of an earlier version was split without regard to the musical key."""
    write_symbols(corpus, tmp_path / "data.txt")
    source = Source(symbols=tmp_path / "data.txt", encoding="note-names")
    first = {
        any_key: dataset(source, validation=0.3, any_key=any_key)
        for any_key in (True, False)
    }
    assert len(first[True].validation) == len(first[False].validation) == 6
    for any_key, made in first.items():
        again = dataset_of_run({"corpus": made.description})
        assert again.description == made.description
        assert made.description["split_in_any_key"] is any_key
        assert len(again.train) == len(made.train)
        for one, other in zip(again.validation, made.validation, strict=True):
            np.testing.assert_array_equal(one, other)
    sides = [{ids.tobytes() for ids in made.validation} for made in first.values()]
    assert sides[0] != sides[1]


def test_versions_in_another_key_are_on_one_side_by_default(corpus):
    data = Dataset.from_corpus(corpus, NoteNames(), validation=0.3)
    held_out = {ids.tobytes() for ids in data.validation}
    own = [
        data.vocabulary.ids_of(["<start>", *p.symbols, "<end>"]) for p in corpus.pieces
    ]
    out = [ids.tobytes() in held_out for ids in own]
    assert out[:10] == out[10:]
    assert sum(out) == 6


def test_the_vocabulary_holds_every_symbol_of_the_encoding():
    encoding = Events()
    corpus = corpus_of(["pitch_60", "shift_6", "pitch_60"])
    data = Dataset.from_corpus(corpus, encoding, validation=0)
    assert data.vocabulary.symbols[:2] == ("pitch_60", "shift_6")
    assert data.vocabulary.symbols[-2:] == ("<start>", "<end>")
    assert sorted(data.vocabulary.symbols[:-2]) == sorted(encoding.symbols)
    assert data.description["every_symbol"] is True
    data = Dataset.from_corpus(corpus, encoding, validation=0, every_symbol=False)
    assert data.vocabulary.symbols == ("pitch_60", "shift_6", "<start>", "<end>")


def test_note_names_have_no_list_of_symbols():
    data = Dataset.from_corpus(corpus_of(["C4", "D4"]), NoteNames(), validation=0)
    assert data.vocabulary.symbols == ("C4", "D4", "<start>", "<end>")
