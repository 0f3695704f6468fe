"""Turns the bytes of a MIDI file into timed events, track by track.

One loop walks over the bytes of a track. music21's own loop is not used, because it
copies the rest of the track for every event, which takes quadratic time, and because
damaged files make it raise a dozen kinds of exception. Where a file breaks the rules of
MIDI, this loop mostly finds the same events as that of music21. It refuses some files
that music21 reads, such as those with pitches above 127.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from lstm_music_jax.music.instruments import PROGRAM_CHANGE
from lstm_music_jax.music.midi.riff import unwrapped
from lstm_music_jax.music.score import HIGHEST_PITCH, InstrumentChange, Metre, Tempo
from lstm_music_jax.music.tempo_map import MICROSECONDS_PER_MINUTE

MAX_FILE_BYTES = 4 * 2**20
MAX_TRACKS = 1024
# A variable-length number has at most 4 bytes with 7 bits each.
_MAX_NUMBER_BYTES = 4
NOTE_OFF, NOTE_ON, CONTROL_CHANGE = 0x80, 0x90, 0xB0
SUSTAIN_PEDAL = 64
_CHANNEL_PRESSURE = 0xD0
_SYSTEM, _META = 0xF0, 0xFF
_TEXT, _TRACK_NAME, _INSTRUMENT_NAME = 1, 3, 4
_SET_TEMPO, _TIME_SIGNATURE = 0x51, 0x58


class UnreadableMidiError(ValueError):
    """Raised if a file is not MIDI, is damaged, or exceeds a limit.

    It is also raised for MIDI of format 2, and if time is counted in frames of film.

    The message is one line.
    """


@dataclass
class TrackEvents:
    """The events of one track, in the order of the file.

    `ticks[i]` is the time of `messages[i]`. Messages are note-ons, note-offs, program
    changes and pedal changes.

    Attributes:
        ticks: the time of each message, in ticks of the file from the start of the
            track.
        messages: the bytes of each message as one number: status times 65,536, plus
            first data byte times 256, plus second data byte. A program change has one
            data byte, which takes both places.
        changes: the changes of instrument in the track.
        tempos: the changes of tempo in the track.
        metres: the changes of metre in the track.
        texts: the bytes of each text event in the track.
    """

    ticks: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    changes: list[InstrumentChange] = field(default_factory=list)
    tempos: list[Tempo] = field(default_factory=list)
    metres: list[Metre] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class MidiTracks:
    """The events of each track of a file, and the file's ticks per quarter note."""

    ticks_per_quarter: int
    tracks: tuple[TrackEvents, ...]


def read_midi_tracks(path: Path) -> MidiTracks:
    """Return the events of a MIDI file of format 0 or 1.

    Raises:
        UnreadableMidiError: the file is not MIDI of format 0 or 1, is damaged, or
            exceeds a limit.
        OSError: the file cannot be read.
    """
    status = path.stat()
    # Reading a pipe, for example, could block for ever.
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableMidiError("not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise UnreadableMidiError(f"{status.st_size} bytes, more than {MAX_FILE_BYTES}")
    data = unwrapped(path.read_bytes())
    track_count, ticks_per_quarter = _read_header(data)
    chunks = _track_chunks(data, track_count)
    tracks = tuple(_read_events(chunk, i) for i, chunk in enumerate(chunks))
    return MidiTracks(ticks_per_quarter, tracks)


def _read_header(data: bytes) -> tuple[int, int]:
    """Return the number of tracks, and the ticks per quarter note."""
    if not data.startswith(b"MThd"):
        raise UnreadableMidiError("not a MIDI file: it does not begin with 'MThd'")
    if len(data) < 14 or int.from_bytes(data[4:8]) < 6:
        raise UnreadableMidiError("the header is cut short")
    fields = (int.from_bytes(data[i : i + 2]) for i in (8, 10, 12))
    midi_format, track_count, division = fields
    if midi_format not in (0, 1):
        raise UnreadableMidiError(f"MIDI format {midi_format}; it must be 0 or 1")
    if track_count > MAX_TRACKS:
        raise UnreadableMidiError(f"{track_count} tracks, more than {MAX_TRACKS}")
    if division & 0x8000:
        raise UnreadableMidiError(
            "time is in SMPTE frames; it must be in ticks per quarter"
        )
    if division == 0:
        raise UnreadableMidiError("a quarter note has 0 ticks; it must have 1 or more")
    return track_count, division


def _track_chunks(data: bytes, track_count: int) -> list[bytes]:
    chunks: list[bytes] = []
    position = 8 + int.from_bytes(data[4:8])
    while len(chunks) < track_count:
        name, length = data[position : position + 4], data[position + 4 : position + 8]
        if len(length) < 4:
            raise UnreadableMidiError(
                f"{track_count} tracks announced, {len(chunks)} found"
            )
        start = position + 8
        position = start + int.from_bytes(length)
        if position > len(data):
            raise UnreadableMidiError(f"track {len(chunks)} is cut short")
        # The MIDI standard asks readers to skip kinds of chunk that they do not know.
        if name == b"MTrk":
            chunks.append(data[start:position])
    return chunks


def _read_events(chunk: bytes, track: int) -> TrackEvents:
    """Return the events in the bytes of one track.

    `track` is the number of the track, for error messages.
    """
    events = TrackEvents()
    add_tick, add_message = events.ticks.append, events.messages.append
    size = len(chunk)
    # An event without a status byte repeats the last one, which is "running".
    position, tick, running_status = 0, 0, 0
    while position < size:
        delta = chunk[position]
        position += 1
        if delta >= 0x80:
            delta, position = _read_number(chunk, position - 1, track)
        # Some programs end a track with a delta time and no event.
        if position == size:
            break
        status, start = chunk[position], position + 1
        if status < 0x80:
            status, start = running_status, position
            if not status:
                raise UnreadableMidiError(f"track {track} does not begin with an event")
        if status >= _SYSTEM:
            end = _read_system_event(chunk, position, tick + delta, track, events)
            if end is not None:
                position = end
                tick += delta
            continue
        kind = status & 0xF0
        one_byte = kind in (PROGRAM_CHANGE, _CHANNEL_PRESSURE)
        end = start + 1 if one_byte else start + 2
        if end > size:
            raise UnreadableMidiError(f"track {track} ends within an event")
        first, last = chunk[start], chunk[end - 1]
        # The event has no meaning. Continue after the delta time, as music21 does.
        if one_byte and first >= 0x80:
            continue
        position = end
        tick += delta
        running_status = status
        if kind <= NOTE_ON:
            if first > HIGHEST_PITCH:
                raise UnreadableMidiError(
                    f"pitch is {first}; it must be 0 to {HIGHEST_PITCH}"
                )
        elif kind == PROGRAM_CHANGE:
            channel = (status & 0xF) + 1
            events.changes.append(InstrumentChange(tick, channel, kind, first))
        elif kind != CONTROL_CHANGE or first != SUSTAIN_PEDAL:
            continue
        add_tick(tick)
        add_message(status << 16 | first << 8 | last)
    return events


def _read_number(chunk: bytes, position: int, track: int) -> tuple[int, int]:
    """Return the variable-length number at `position`, and the position after it."""
    value = 0
    for place in range(position, position + _MAX_NUMBER_BYTES):
        if place >= len(chunk):
            raise UnreadableMidiError(f"track {track} ends within a number")
        value = value << 7 | chunk[place] & 0x7F
        if chunk[place] < 0x80:
            return value, place + 1
    raise UnreadableMidiError(f"track {track} has a number of more than 28 bits")


def _read_system_event(
    chunk: bytes, position: int, tick: int, track: int, events: TrackEvents
) -> int | None:
    """Read a system or meta event; add names, texts, tempos and metres to `events`.

    Args:
        chunk: the bytes of the track.
        position: the position of the event's status byte.
        tick: the time of the event.
        track: the number of the track, for error messages.
        events: the events of the track so far.

    Returns:
        The position after the event; None if its status byte has no meaning in a file.
    """
    status = chunk[position]
    if status not in (_SYSTEM, 0xF7, _META):
        if position + 3 > len(chunk):
            raise UnreadableMidiError(f"track {track} ends within an event")
        return None
    is_meta = status == _META
    length, start = _read_number(chunk, position + (2 if is_meta else 1), track)
    end = start + length
    if end > len(chunk):
        raise UnreadableMidiError(f"track {track} ends within an event")
    if is_meta:
        _keep_meta_event(chunk[position + 1], chunk[start:end], tick, events)
    return end


def _keep_meta_event(kind: int, data: bytes, tick: int, events: TrackEvents) -> None:
    if kind in (_TRACK_NAME, _INSTRUMENT_NAME):
        events.changes.append(InstrumentChange(tick, 0, kind, data))
    elif kind == _TEXT:
        events.texts.append(data)
    elif kind == _SET_TEMPO and len(data) == 3 and any(data):
        quarter = int.from_bytes(data)
        events.tempos.append(Tempo(tick, MICROSECONDS_PER_MINUTE / quarter))
    elif kind == _TIME_SIGNATURE and len(data) == 4 and data[0] and data[1] < 8:
        events.metres.append(Metre(tick, data[0], 2 ** data[1]))
