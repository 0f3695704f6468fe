"""Which pieces keep a promise, against pieces of which this is known."""

import numpy as np
import pytest

from lstm_music_jax.automata.builders.fixed import fixed_symbols
from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.automata.operations import ended
from lstm_music_jax.evaluation.kept_promises import kept_promises
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.report.page.document import Data
from lstm_music_jax.report.promises_table import promises_table
from lstm_music_jax.strategies import Chain, CopyLimit, Obey, TopP

VOCABULARY = Vocabulary(
    (*(f"pitch_{pitch}" for pitch in range(60, 66)), "shift_6", "<end>"), end="<end>"
)
END = 7
KNOWN = KnownPieces([np.array([0, 1, 2, 3, 4, 5, 6])], VOCABULARY, Events())


def ids(*rows):
    return [np.array(row, int) for row in rows]


@pytest.mark.parametrize("transposed", [False, True])
def test_pieces_that_copy_too_much_are_counted(transposed):
    pieces = ids([0, 1, 2, 0, 1, 2], [1, 2, 3, 4], [2, 3, 4, 2, 2], [])
    limit = Chain(TopP(0.9), CopyLimit(3, KNOWN, transposed))
    (row,) = kept_promises(limit, pieces)
    assert (row.kept, row.pieces, row.found) == (3, 4, "longest 4")
    assert row.promise.startswith("no copied run longer than 3 symbols")
    # The first piece is a semitone higher than a passage of four symbols.
    known = KnownPieces([np.array([0, 2, 1, 3])], VOCABULARY, Events())
    strategy = CopyLimit(3, known, transposed)
    (row,) = kept_promises(strategy, ids([1, 3, 2, 4], [0, 1, 0]))
    assert (row.kept, row.pieces) == (2 - transposed, 2)


def test_pieces_that_an_automaton_refuses_are_counted():
    automaton = fixed_symbols({1: "shift_6"}, VOCABULARY)
    pieces = ids([0, 6, 1], [0, 6, 1, 4], [0, 1, 1], [0, 6], [0, END])
    (row,) = kept_promises(Obey(automaton, 3), pieces)
    assert (row.kept, row.pieces) == (2, 3)
    assert row.found == "2 accepted, 2 cut earlier"
    # A piece that the model has ended is not too short.
    (row,) = kept_promises(Obey(ended(automaton, VOCABULARY), 4), pieces[1:], END)
    assert (row.kept, row.pieces) == (0, 2)
    pieces = ids([0, 6, END], [0, 6, 1, END], [END], [0, 6])
    (row,) = kept_promises(Obey(ended(automaton, VOCABULARY), 4), pieces, END)
    assert (row.kept, row.pieces) == (2, 3)
    assert row.found == "2 accepted, 1 cut earlier"


def test_strategies_without_promises_have_no_rows():
    assert kept_promises(Chain(TopP(0.9)), ids([0])) == []


def test_the_table_names_the_strategies():
    limit = CopyLimit(3, KNOWN)
    kept = {"<b>A</b>": kept_promises(limit, ids([0, 1, 2, 3])), "B": []}
    table = promises_table(kept)
    assert table.rows[0][1:] == [
        "no copied run longer than 3 symbols",
        "longest 4",
        "0 of 1 pieces",
    ]
    assert len(table.rows) == 1
    assert "&lt;b&gt;A" in table.html(Data())
