"""Makes the bytes of a MIDI file from notes, tempos and metres.

music21 encodes the events. The bytes of note events and of delta times are kept and
used again, because encoding would take most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from lstm_music_jax.music.tempo_map import MICROSECONDS_PER_MINUTE


class FileNote(NamedTuple):
    """A note of a MIDI file.

    Attributes:
        onset: time of the strike, in ticks of the file.
        end: time of the end, in ticks of the file; later than `onset`.
        pitch: MIDI pitch, 0 to 127.
        velocity: loudness of the strike, 1 to 127.
        channel: 1 to 16; 10 is for drums.
    """

    onset: int
    end: int
    pitch: int
    velocity: int
    channel: int


def midi_content(
    notes: Iterable[FileNote],
    *,
    ticks_per_quarter: int,
    programs: Mapping[int, int],
    tempos: Sequence[tuple[int, float | int]] = (),
    metres: Sequence[tuple[int, int, int]] = (),
    texts: Sequence[str] = (),
) -> bytes:
    """Return the bytes of a MIDI file of format 1.

    The first track holds tempos, metres and texts. After it comes a track for each
    channel of `programs`. The ends of notes come before other events at the same tick,
    so that a pitch can end and be struck again at that tick.

    Args:
        notes: the notes in any order, with Python integers, not those of NumPy. Notes
            of one channel and pitch must not overlap, because MIDI cannot tell which of
            them ends.
        ticks_per_quarter: the file's ticks per quarter note, 1 to 32,767.
        programs: the General MIDI program of each channel, keyed by the channel.
        tempos: for each change of tempo, its tick and its quarter notes per minute, 3.6
            or more. Tempos are rounded to whole microseconds per quarter note.
        metres: for each change of metre, its tick, numerator and denominator. The
            denominator is a power of two.
        texts: ASCII texts, which become text events at tick 0.

    Raises:
        KeyError: a note's channel has no program.
    """
    from music21.midi import MidiFile, MidiTrack

    by_channel: dict[int, list[FileNote]] = {channel: [] for channel in programs}
    for note in notes:
        by_channel[note.channel].append(note)
    tracks = [_conductor_track(tempos, metres, texts)]
    tracks += [
        _note_track(by_channel[channel], channel, program)
        for channel, program in sorted(programs.items())
    ]
    file = MidiFile()
    file.ticksPerQuarterNote = ticks_per_quarter
    # music21's header counts the tracks; their content is encoded here.
    file.tracks = [MidiTrack(index) for index in range(len(tracks))]
    return b"".join([file.writeMThdStr(), *tracks])


def _conductor_track(
    tempos: Sequence[tuple[int, float | int]],
    metres: Sequence[tuple[int, int, int]],
    texts: Sequence[str],
) -> bytes:
    from music21.midi import MetaEvents

    messages = [(tick, _tempo_event(tempo)) for tick, tempo in tempos]
    messages += [(tick, _metre_event(*metre)) for tick, *metre in metres]
    messages += [
        (0, _event(MetaEvents.TEXT_EVENT, text.encode("ascii"))) for text in texts
    ]
    return _track(sorted(messages, key=lambda message: message[0]))


def _note_track(notes: Iterable[FileNote], channel: int, program: int) -> bytes:
    changes = []
    for onset, end, pitch, velocity, _ in notes:
        changes += [(onset, 1, pitch, velocity), (end, 0, pitch, 0)]
    changes.sort()
    messages = [(0, _program_event(channel, program))]
    messages += [
        (tick, _note_event(channel, on, pitch, velocity))
        for tick, on, pitch, velocity in changes
    ]
    return _track(messages)


def _track(messages: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the bytes of a track.

    `messages` are the tick and the bytes of each event of the track, sorted by tick.
    """
    from music21.midi import MetaEvents, MidiTrack
    from music21.midi.base import putNumber

    parts = []
    now = 0
    for tick, message in messages:
        parts += [_delta_time(tick - now), message]
        now = tick
    parts += [_delta_time(0), _event(MetaEvents.END_OF_TRACK, b"")]
    body = b"".join(parts)
    return MidiTrack.headerId + putNumber(len(body), 4) + body


@lru_cache(maxsize=2**14)
def _delta_time(ticks: int) -> bytes:
    from music21.midi import DeltaTime

    return DeltaTime(time=ticks).getBytes()


@lru_cache(maxsize=2**14)
def _note_event(channel: int, on: int, pitch: int, velocity: int) -> bytes:
    from music21.midi import ChannelVoiceMessages, MidiEvent

    kind = ChannelVoiceMessages.NOTE_ON if on else ChannelVoiceMessages.NOTE_OFF
    event = MidiEvent(type=kind, channel=channel)
    event.pitch, event.velocity = pitch, velocity
    return event.getBytes()


def _program_event(channel: int, program: int) -> bytes:
    from music21.midi import ChannelVoiceMessages

    return _event(ChannelVoiceMessages.PROGRAM_CHANGE, program, channel)


def _tempo_event(quarters_per_minute: float | int) -> bytes:
    from music21.midi import MetaEvents

    microseconds = round(MICROSECONDS_PER_MINUTE / quarters_per_minute)
    return _event(MetaEvents.SET_TEMPO, microseconds.to_bytes(3, "big"))


def _metre_event(numerator: int, denominator: int) -> bytes:
    from music21.midi import MetaEvents

    power = denominator.bit_length() - 1
    # The last two are usual: a click per quarter, and 8 thirty-seconds per quarter.
    return _event(MetaEvents.TIME_SIGNATURE, bytes([numerator, power, 24, 8]))


def _event(kind, data: int | bytes, channel: int = 1) -> bytes:
    from music21.midi import MidiEvent

    event = MidiEvent(type=kind, channel=channel)
    event.data = data
    return event.getBytes()
