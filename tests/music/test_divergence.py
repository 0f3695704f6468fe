"""Divergence: the first symbol and the first note in which two pieces differ."""

from lstm_music_jax import Divergence, Events, NoteNames, divergence
from lstm_music_jax.music.score import Score


def parted(encoding, first, second):
    scores = [encoding.decode(symbols).score for symbols in (first, second)]
    return divergence(first, scores[0], second, scores[1])


def test_equal_pieces_do_not_part():
    assert parted(NoteNames(), ["C4", "E4"], ["C4", "E4"]) is None
    assert divergence([], Score(()), [], Score(())) is None


def test_the_first_note_that_differs():
    found = parted(
        NoteNames(ticks_per_note=6), ["C4", "0.4", "E4"], ["C4", "0.4", "G4"]
    )
    assert found == Divergence(symbol=2, note=3, quarter=1.0)


def test_a_piece_that_ends_earlier():
    found = parted(NoteNames(ticks_per_note=6), ["C4", "E4"], ["C4", "E4", "G4"])
    assert found == Divergence(symbol=None, note=2, quarter=1.0)
    found = parted(
        NoteNames(ticks_per_note=6), ["C4", "E4", "<end>"], ["C4", "E4", "G4"]
    )
    assert found == Divergence(symbol=2, note=2, quarter=1.0)


def test_a_symbol_that_changes_no_note():
    """A shift after the last note is not heard."""
    first = ["pitch_60", "shift_3"]
    found = parted(Events(), first, ["pitch_60", "shift_6"])
    assert found == Divergence(symbol=1, note=None, quarter=None)


def test_notes_that_are_struck_at_different_times():
    first, second = (["pitch_60", f"shift_{ticks}", "pitch_64"] for ticks in (12, 6))
    assert parted(Events(), first, second) == Divergence(1, 1, 0.5)
    assert parted(Events(), second, first) == Divergence(1, 1, 0.5)
