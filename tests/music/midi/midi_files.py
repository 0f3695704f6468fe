"""Notes and MIDI files for the music tests."""

import mido
from hypothesis import strategies as st

from lstm_music_jax.music.score import DEFAULT_VELOCITY, Note


def notes(latest=2000, longest=300, most=40):
    """Return a Hypothesis strategy: notes in any order, with overlaps and repeats."""
    note = st.builds(
        Note,
        onset=st.integers(0, latest),
        pitch=st.integers(0, 127),
        duration=st.integers(1, longest),
        velocity=st.just(DEFAULT_VELOCITY),
    )
    return st.lists(note, max_size=most)


def save_midi(path, *tracks, ticks_per_beat=480, midi_format=1):
    """Write tracks of mido messages as a file, and return its path."""
    file = mido.MidiFile(ticks_per_beat=ticks_per_beat, type=midi_format)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    file.save(path)
    return path


def on(delta, pitch, channel=0):
    """Return a note-on message, `delta` ticks after the message before."""
    return mido.Message("note_on", note=pitch, time=delta, channel=channel)


def off(delta, pitch, channel=0):
    """Return a note-off message, `delta` ticks after the message before."""
    return mido.Message("note_off", note=pitch, time=delta, channel=channel)


def beat(pitch):
    """Return the messages of a quarter note."""
    return [on(0, pitch), off(480, pitch)]


def track_name(name):
    """Return the message that names a track."""
    return mido.MetaMessage("track_name", name=name, time=0)


def program(number, delta=0):
    """Return a program change on the first channel."""
    return mido.Message("program_change", program=number, time=delta)


def header(midi_format=1, tracks=1, division=480, length=6):
    """Return the bytes of a MIDI file's header."""
    numbers = b"".join(n.to_bytes(2) for n in (midi_format, tracks, division))
    return b"MThd" + length.to_bytes(4) + numbers


def track(content):
    """Return the bytes of a track chunk."""
    return b"MTrk" + len(content).to_bytes(4) + content
