"""Datasets: each piece stands between its start symbol and its end symbol."""

import numpy as np
import pytest

from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.encodings.note_names import NoteNames

CORPUS = Corpus((Piece("a", ("C4", "C4", "D4")), Piece("b", ("C4",))), (), "two")


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("end", [True, False])
def test_a_piece_stands_between_its_start_and_its_end(start, end):
    data = Dataset.from_corpus(CORPUS, NoteNames(), validation=0, start=start, end=end)
    before = ["<start>"] if start else []
    after = ["<end>"] if end else []
    pieces = [data.vocabulary.symbols_of(ids) for ids in data.train]
    assert pieces == [[*before, *piece.symbols, *after] for piece in CORPUS.pieces]
    assert all(ids.dtype == np.int32 for ids in data.train)
    assert data.description["start"] is start
    assert data.description["end"] is end
