"""Reading MIDI files: the musical rules, by hand."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.parts import parts_of, quantise
from lstm_music_jax.music.score import Chord, Note, Score
from tests.music.midi.midi_files import (
    beat,
    header,
    off,
    on,
    program,
    save_midi,
    track,
    track_name,
)


def chords(score):
    return [chord for part in parts_of(score) for chord in part.chords]


def test_the_first_note_off_ends_the_first_note_on(tmp_path):
    path = save_midi(
        tmp_path / "x.mid",
        [on(0, 60), on(480, 60), off(480, 60), off(480, 60), on(0, 62)],
    )
    # The second note-on keeps sounding after the first note-off; 62 never ends.
    assert chords(read_midi(path)) == [Chord(0, 24, (60,)), Chord(12, 24, (60,))]


def test_notes_of_different_channels_end_separately(tmp_path):
    path = save_midi(
        tmp_path / "x.mid",
        [on(0, 60, 0), on(0, 60, 1), off(480, 60, 1), off(480, 60, 0)],
    )
    assert chords(read_midi(path)) == [Chord(0, 24, (60,)), Chord(0, 12, (60,))]


def test_notes_within_a_sixteenth_of_a_quarter_form_a_chord(tmp_path):
    inside = [on(0, 60), on(30, 64), off(480, 60), off(30, 64)]
    outside = [on(480, 60), on(31, 64), off(480, 60), off(31, 64)]
    path = save_midi(tmp_path / "x.mid", inside + outside)
    # The first two notes are 30 ticks apart, the limit; the last two are 31 apart.
    assert [c.pitches for c in chords(read_midi(path))] == [(60, 64), (60,), (64,)]


def test_a_chord_lasts_from_the_last_onset_to_the_first_end(tmp_path):
    # Pitch 64 starts at 30 and pitch 60 ends at 160. The 130 ticks between are closer
    # to a fourth of the 480 (120) than to a third (160).
    path = save_midi(
        tmp_path / "x.mid", [on(0, 60), on(30, 64), off(130, 60), off(30, 64)]
    )
    assert chords(read_midi(path)) == [Chord(0, 3, (60, 64))]


@pytest.mark.parametrize(
    ("ticks", "grid"),
    [
        (0, 0),
        (59, 0),
        (60, 0),
        (61, 3),
        (120, 3),
        (139, 3),
        (141, 4),
        (160, 4),
        (240, 6),
        (320, 8),
        (360, 9),
        (480, 12),
        (4800, 120),
    ],
)
def test_quantise_takes_the_nearest_fourth_or_third(ticks, grid):
    assert quantise(np.array([ticks]), 480).tolist() == [grid]


@given(st.integers(0, 10**6), st.integers(1, 32767))
def test_quantise_errs_by_at_most_an_eighth(ticks, quarter):
    [grid] = quantise(np.array([ticks]), quarter).tolist()
    assert grid % 3 == 0 or grid % 4 == 0
    assert abs(grid * quarter - 12 * ticks) * 8 <= 12 * quarter


def test_short_notes_last_a_sixteenth_and_empty_ones_stay_empty(tmp_path):
    path = save_midi(
        tmp_path / "x.mid", [on(0, 60), off(5, 60), on(475, 62), off(0, 62)]
    )
    assert chords(read_midi(path)) == [Chord(0, 3, (60,)), Chord(12, 0, (62,))]


def test_a_part_is_one_instrument_over_all_tracks(tmp_path):
    path = save_midi(
        tmp_path / "x.mid",
        [track_name("Conductor")],
        [track_name("Right Hand"), program(0), *beat(60), program(40), *beat(61)],
        [track_name("Acoustic Grand Piano"), program(0), *beat(40)],
        beat(30),
    )
    parts = parts_of(read_midi(path))
    assert [(p.name, [c.pitches for c in p.chords]) for p in parts] == [
        ("Piano", [(60,), (40,)]),
        ("Violin", [(61,)]),
        # A track's name that is an instrument makes a part, before any program.
        ("Acoustic Grand Piano", []),
        ("", [(30,)]),
    ]


def test_notes_before_the_first_program_are_kept(tmp_path):
    path = save_midi(tmp_path / "x.mid", [*beat(60), program(40), *beat(61)])
    assert [(p.name, len(p.chords)) for p in parts_of(read_midi(path))] == [
        ("Violin", 2)
    ]


def test_format_0_and_running_status(tmp_path):
    path = tmp_path / "x.mid"
    content = bytes.fromhex(
        "00 90 3c 40  83 60 3c 00  00 3e 40  83 60 3e 00  00 ff 2f 00"
    )
    path.write_bytes(header(midi_format=0) + track(content))
    assert chords(read_midi(path)) == [Chord(0, 12, (60,)), Chord(12, 12, (62,))]


def test_a_velocity_is_at_most_127(tmp_path):
    path = tmp_path / "x.mid"
    path.write_bytes(header() + track(bytes.fromhex("00 90 3c ff  83 60 3c 00")))
    assert read_midi(path).notes == (Note(0, 60, 480, velocity=127),)


def test_running_status_outlasts_other_events(tmp_path):
    path = tmp_path / "x.mid"
    sysex, text = "00 f0 02 7e f7", "00 ff 01 01 41"
    content = f"00 90 3c 40 {sysex} 83 60 3c 00 {text} 00 3e 40 83 60 3e 00"
    path.write_bytes(header() + track(bytes.fromhex(content)))
    assert chords(read_midi(path)) == [Chord(0, 12, (60,)), Chord(12, 12, (62,))]


def test_unknown_chunks_and_trailing_bytes_are_skipped(tmp_path):
    path = tmp_path / "x.mid"
    content = bytes.fromhex("00 90 3c 40 83 60 80 3c 00 00 ff 2f 00")
    strange = b"XFIH" + (3).to_bytes(4) + b"abc"
    path.write_bytes(header(length=8) + b"ab" + strange + track(content) + b"rest")
    assert chords(read_midi(path)) == [Chord(0, 12, (60,))]


def test_a_file_without_notes_gives_no_parts(tmp_path):
    assert read_midi(save_midi(tmp_path / "x.mid", [track_name("Piano")])).notes == ()


def test_written_notes_on_the_grid_are_read_again(tmp_path):
    grid = [0, 3, 4, 6, 8, 9, 12, 15, 24]
    score = Score.from_notes(
        [Note(onset, 60 + i, 12 - i % 2 * 4) for i, onset in enumerate(grid)]
    )
    write_midi(score, tmp_path / "x.mid")
    assert read_midi(tmp_path / "x.mid").on_grid(12).notes == score.notes
