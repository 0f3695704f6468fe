"""Performance: encoding and decoding, by hand and by property."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.pedal import sustained_ends
from lstm_music_jax.music.score import Note, Notes, Pedal, Score, Tempo, Track
from lstm_music_jax.music.tempo_map import TempoMap

played_notes = st.lists(
    st.builds(
        Note,
        onset=st.integers(0, 9000),
        pitch=st.integers(58, 62),
        duration=st.integers(1, 3000),
        velocity=st.integers(1, 127),
    ),
    max_size=30,
)


def test_a_chord_and_a_long_note_by_hand():
    score = Score.from_notes(
        [Note(0, 60, 480, 80), Note(0, 64, 480, 20), Note(480, 67, 1440, 80)],
        ticks_per_quarter=480,
    )
    # A quarter lasts 500 ms at the default tempo.
    assert Performance().encode(score) == [
        *("velocity_6", "note_on_64", "velocity_21", "note_on_60", "shift_50"),
        *("note_off_60", "note_off_64", "note_on_67", "shift_100", "shift_50"),
        "note_off_67",
    ]


def test_the_tempo_is_applied():
    notes = [Note(0, 60, 480), Note(960, 62, 480)]
    score = Score.from_notes(
        notes, ticks_per_quarter=480, tempos=[Tempo(0, 60.0), Tempo(960, 240.0)]
    )
    shifts = [s for s in Performance().encode(score) if s.startswith("shift")]
    assert shifts == ["shift_100", "shift_100", "shift_25"]


def test_a_note_ends_when_its_pitch_is_struck_again():
    score = Score.from_notes([Note(0, 60, 24), Note(12, 60, 12)])
    assert Performance().encode(score) == [
        *("velocity_23", "note_on_60", "shift_50", "note_off_60", "note_on_60"),
        *("shift_50", "note_off_60"),
    ]


def test_the_pedal_holds_notes_until_it_comes_up():
    notes = Notes.of([Note(0, 60, 10), Note(20, 62, 10), Note(60, 64, 10)])
    pedals = (Pedal(5, 1, True), Pedal(40, 1, False), Pedal(65, 1, True))
    # The last pedal never comes up, and so holds nothing.
    assert sustained_ends(Track.of(notes), pedals).tolist() == [40, 40, 70]
    assert sustained_ends(Track.of(notes), (Pedal(5, 2, True),)).tolist() == [
        10,
        30,
        70,
    ]
    score = Score((Track.of(notes),), 50, pedals=pedals)
    decoded = Performance().decode(Performance().encode(score)).score
    assert [note.duration for note in decoded.notes] == [40, 20, 10]


@given(played_notes, st.sampled_from([96, 384, 480]), st.floats(20, 300))
def test_the_round_trip_errs_by_5_ms_and_a_bin(notes, quarter, tempo):
    tempos = [Tempo(0, tempo), Tempo(4000, tempo / 2)]
    score = Score.from_notes(notes, ticks_per_quarter=quarter, tempos=tempos)
    symbols = Performance().encode(score)
    decoded = Performance().decode(symbols)
    assert decoded.skipped == 0
    tempo_map = TempoMap(tempos, quarter)

    def seconds(tick):
        return tempo_map.seconds([tick])[0]

    found = decoded.score.notes
    for note in found:
        near = [
            original
            for original in score.notes
            if original.pitch == note.pitch
            and abs(seconds(original.onset) - note.onset / 100) <= 0.005 + 1e-9
        ]
        # At a high tempo, two notes of one pitch may fall on the same 10 ms.
        assert any(abs(original.velocity - note.velocity) <= 2 for original in near)
        end = (note.onset + note.duration) / 100
        cut = any(n.pitch == note.pitch and n.onset == end * 100 for n in found)
        assert (
            note.duration == 1
            or cut
            or any(
                abs(seconds(each.onset + each.duration) - end) <= 0.005 + 1e-9
                for each in near
            )
        )
    nearest = {(int(np.rint(seconds(n.onset) * 100)), n.pitch) for n in score.notes}
    assert {(note.onset, note.pitch) for note in found} == nearest
    again = Performance().encode(decoded.score)
    assert again == symbols


ANY_SYMBOLS = [
    *("note_on_60", "note_on_61", "note_off_60", "note_off_61", "shift_1", "shift_9"),
    *("velocity_3", "velocity_30", "velocity_33", "<start>", "?"),
]


@given(
    st.lists(st.sampled_from(ANY_SYMBOLS), max_size=40), st.none() | st.integers(0, 5)
)
def test_any_symbols_are_decoded(symbols, most):
    decoded = Performance().decode(symbols, most)
    assert decoded.note_count == len(decoded.score.notes)
    if most is None:
        kinds = Counter(symbol.rsplit("_", 1)[0] for symbol in symbols)
        assert decoded.note_count <= kinds["note_on"]
    else:
        unlimited = Performance().decode(symbols)
        assert decoded.note_count == min(most, unlimited.note_count)


@pytest.mark.parametrize(
    ("symbols", "skipped"),
    [
        (["note_on_60", "note_on_60"], 1),
        (["note_off_60"], 1),
        (["note_on_60", "note_off_60"], 1),
        (["note_on_60", "shift_1", "note_off_60", "note_off_60"], 1),
        (["shift_101", "shift_0", "velocity_0", "note_on_128"], 4),
    ],
)
def test_ill_formed_symbols_are_counted(symbols, skipped):
    assert Performance().decode(symbols).skipped == skipped


def test_a_note_that_is_never_released_lasts_to_the_end():
    decoded = Performance().decode(["note_on_60", "shift_30", "note_on_62"])
    assert [note.duration for note in decoded.score.notes] == [30, 1]


def test_all_symbols_are_known():
    symbols = Performance().symbols
    assert len(symbols) == len(set(symbols)) == 128 + 128 + 100 + 32
    assert Performance().decode(["shift_1", *symbols]).skipped == 128


def test_what_comes_before_leaves_keys_down_and_a_velocity_in_force():
    before = ["velocity_3", "note_on_60", "shift_7", "note_on_61"]
    symbols = [
        *("note_on_60", "note_off_61", "shift_4", "note_off_60", "note_on_60"),
        *("shift_5", "note_off_60", "note_off_61"),
    ]
    decoded = Performance().decode(symbols, after=before)
    # Pitch 60 sounds already, and 61 was struck at this very moment.
    assert decoded.skipped == 2
    assert decoded.score.notes == (Note(4, 60, 5, 10),)


@given(st.lists(st.sampled_from(ANY_SYMBOLS), max_size=40), st.integers(0, 40))
def test_cut_anywhere_the_second_half_is_heard_as_before(symbols, cut):
    """All notes struck after the cut are those of the whole, moved in time."""
    first, whole = Performance().decode(symbols[:cut]), Performance().decode(symbols)
    later = Performance().decode(symbols[cut:], after=symbols[:cut])
    assert later.skipped == whole.skipped - first.skipped
    assert later.note_count == whole.note_count - first.note_count
    clock = sum(Performance().time_shift(symbol) for symbol in symbols[:cut])
    moved = {note._replace(onset=note.onset + clock) for note in later.score.notes}
    assert moved <= set(whole.score.notes)
