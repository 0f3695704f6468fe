"""Reading MIDI files note by note: equality with mido, and what a score keeps."""

from collections import defaultdict

import mido
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.parts import parts_of
from lstm_music_jax.music.score import Metre, Note, Notes, Pedal, Score, Tempo
from lstm_music_jax.music.tempo_map import TempoMap
from tests.music.midi.midi_files import (
    beat,
    notes,
    off,
    on,
    program,
    save_midi,
    track_name,
)

_CHANNELS = (0, 3, 9)

_messages = st.lists(
    st.one_of(
        st.builds(
            mido.Message,
            st.sampled_from(["note_on", "note_off"]),
            note=st.integers(59, 62),
            velocity=st.integers(0, 127),
            time=st.sampled_from([0, 0, 1, 30, 480, 5000]),
            channel=st.sampled_from(_CHANNELS),
        ),
        st.builds(
            mido.Message,
            st.just("program_change"),
            program=st.integers(0, 127),
            channel=st.sampled_from(_CHANNELS),
        ),
    ),
    max_size=60,
)


def played(track):
    """Return the notes of a track, and how many never end.

    A note is its onset, end, pitch, velocity, channel and program.
    """
    struck, waiting, programs, tick = [], defaultdict(list), {}, 0
    first = {
        m.channel: m.program for m in reversed(track) if m.type == "program_change"
    }
    for message in track:
        tick += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "note_on" and message.velocity:
            channel = message.channel
            number = programs.get(channel, first.get(channel, 0))
            note = [tick, None, message.note, message.velocity, channel + 1, number]
            struck.append(note)
            waiting[channel, message.note].append(note)
        elif message.type in ("note_on", "note_off"):
            queue = waiting[message.channel, message.note]
            if queue:
                queue.pop(0)[1] = tick
    return [tuple(note) for note in struck if note[1] is not None], sum(
        map(len, waiting.values())
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_messages, max_size=3))
def test_every_played_note_is_read(tmp_path, tracks):
    path = save_midi(tmp_path / "x.mid", *tracks)
    score = read_midi(path)
    expected = [played(track) for track in mido.MidiFile(path).tracks]
    for track, (by_mido, _) in zip(score.tracks, expected, strict=True):
        table = track.notes
        ends = table.onsets + table.durations
        found = zip(
            table.onsets,
            ends,
            table.pitches,
            table.velocities,
            track.channels,
            track.programs,
            strict=True,
        )
        assert list(found) == by_mido
    assert score.endless == sum(left for _, left in expected)
    assert score.drum_count == sum(
        n[4] == 10 for by_mido, _ in expected for n in by_mido
    )


def test_tempo_metre_and_pedal_are_read(tmp_path):
    conductor = [
        mido.MetaMessage("set_tempo", tempo=500_000),
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
        mido.MetaMessage("set_tempo", tempo=400_000, time=960),
    ]
    pedal = [
        mido.Message("control_change", control=64, value=value, time=240)
        for value in (64, 63)
    ]
    score = read_midi(save_midi(tmp_path / "x.mid", conductor, pedal))
    assert score.tempos == (Tempo(0, 120.0), Tempo(960, 150.0))
    assert score.metres == (Metre(0, 6, 8),)
    assert score.pedals == (Pedal(240, 1, True), Pedal(480, 1, False))


def test_a_program_change_in_running_status_is_read(tmp_path):
    path = save_midi(tmp_path / "x.mid", [program(40), program(0), *beat(60)])
    # mido writes the second change without the status byte C0.
    assert bytes.fromhex("00 c0 28 00 00 00 90") in path.read_bytes()
    names = [part.name for part in parts_of(read_midi(path))]
    assert names == ["Violin", "Piano"]


def test_an_unknown_instrument_gives_way_to_the_known_one_that_follows(tmp_path):
    named = [track_name("Unheard-of"), *beat(60), program(40), *beat(61)]
    path = save_midi(tmp_path / "x.mid", named)
    assert [part.name for part in parts_of(read_midi(path))] == ["Violin"]


@pytest.mark.parametrize(
    ("encoding", "symbols"),
    [
        (NoteNames("first"), ["C4", "C3"]),
        (NoteNames("all"), ["C4"]),
        (NoteNames("all", drums=True), ["C4", "C3"]),
        (Events(), ["duration_12", "pitch_60"]),
        (Events(drums=True), ["duration_12", "pitch_60", "shift_12", "pitch_48"]),
    ],
)
def test_drums_are_left_out_unless_asked_for(tmp_path, encoding, symbols):
    drums = [on(0, 48, channel=9), off(480, 48, channel=9)]
    score = read_midi(save_midi(tmp_path / "x.mid", [*beat(60), *drums]))
    assert encoding.encode(score) == symbols


@given(
    notes(latest=9000, longest=3000, most=30),
    st.sampled_from([12, 24, 48]),
    st.sampled_from([1, 96, 100, 480, 1023]),
)
def test_events_err_by_half_a_tick_and_invent_no_note(given_notes, grid, quarter):
    score = Score.from_notes(given_notes, ticks_per_quarter=quarter)
    encoding = Events(grid)
    decoded = encoding.decode(encoding.encode(score)).score
    assert decoded.ticks_per_quarter == grid
    # Each note falls on the nearest tick; those that fall together become one.
    nearest = {
        (int(np.floor(onset * grid / quarter + 0.5)), pitch)
        for onset, pitch, _, _ in score.notes
    }
    assert {(note.onset, note.pitch) for note in decoded.notes} == nearest
    for onset, pitch, duration, _ in decoded.notes:
        ends = [
            (n.onset + n.duration) * grid / quarter
            for n in score.notes
            if n.pitch == pitch and abs(n.onset * grid / quarter - onset) <= 0.5
        ]
        cut = any(
            n.pitch == pitch and n.onset == onset + duration for n in decoded.notes
        )
        assert duration == 1 or cut or abs(onset + duration - max(ends)) <= 0.5


def test_a_grid_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match=r"ticks_per_quarter is 13; it must be one of"):
        Events(13)


def test_the_loudest_of_equal_notes_counts():
    notes = Notes.of([Note(0, 60, 5, 30), Note(0, 60, 2, 80)])
    assert Score.from_notes(notes).notes == (Note(0, 60, 5, 80),)


def test_a_piece_that_is_read_and_written_again_sounds_at_its_own_speed(tmp_path):
    conductor = [
        mido.MetaMessage("set_tempo", tempo=612_345),
        mido.MetaMessage("time_signature", numerator=7, denominator=8),
        mido.MetaMessage("set_tempo", tempo=300_000, time=500),
        mido.MetaMessage("time_signature", numerator=2, denominator=2, time=300),
    ]
    tracks = [conductor, [*beat(60), *beat(64)], [on(7, 40, 2), off(900, 40, 2)]]
    path = save_midi(tmp_path / "x.mid", *tracks)
    score = read_midi(path)
    write_midi(score, tmp_path / "again.mid")
    again = read_midi(tmp_path / "again.mid")
    assert again.metres == score.metres == (Metre(0, 7, 8), Metre(800, 2, 2))
    assert again.ticks_per_quarter == score.ticks_per_quarter == 480
    assert again.notes == score.notes
    first, second = (
        TempoMap(each.tempos, each.ticks_per_quarter).seconds(each.table.onsets)
        for each in (score, again)
    )
    np.testing.assert_allclose(first, second, atol=1e-6)
    lengths = [mido.MidiFile(p).length for p in (path, tmp_path / "again.mid")]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-6)
