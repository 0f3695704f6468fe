"""Pieces of ids: the same as separate arrays, with or without start and end."""

import numpy as np
from hypothesis import given, strategies as st

from lstm_music_jax.music.corpus.piece_ids import PieceIds

PIECES = st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=6)


@given(PIECES, st.sampled_from([None, 50]), st.sampled_from([None, 60]))
def test_pieces_equal_separate_arrays(pieces, before, after):
    around = [[before] * (before is not None), [after] * (after is not None)]
    expected = [[*around[0], *piece, *around[1]] for piece in pieces]
    stored = PieceIds.of([np.array(piece, np.uint16) for piece in pieces])
    found = PieceIds(stored._ids, stored._firsts, stored._counts, before, after)
    assert [piece.tolist() for piece in found] == expected
    assert found.lengths.tolist() == [len(piece) for piece in expected]
    laid = [number for piece in expected for number in piece]
    assert found.end_to_end().tolist() == laid
    places = np.arange(found.total).reshape(1, -1)
    np.testing.assert_array_equal(found.at(places), [laid])
    order = np.arange(len(pieces))[::-2]
    chosen = found.take(order)
    assert [p.tolist() for p in chosen] == [expected[k] for k in order]
    assert [p.tolist() for p in found[1:3]] == expected[1:3]


def test_no_id_is_copied():
    ids = np.arange(6)
    pieces = PieceIds(ids, [4, 0], [2, 3], before=9)
    ids[:] = 7
    assert pieces[0].tolist() == [9, 7, 7]
    assert PieceIds.of(pieces) is pieces
