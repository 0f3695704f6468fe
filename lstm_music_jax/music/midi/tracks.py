"""Tracks: the bytes of a MIDI file to timed events, with music21's event reader.

This module finds the header, the tracks and the borders of the events; music21 reads
one event at a time. music21's own loop over a track is not used, because it copies the
rest of the track for every event, which takes quadratic time, and because damaged files
make it raise a dozen kinds of exception.
"""

from __future__ import annotations

import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lstm_music_jax.music.score import HIGHEST_PITCH

MAX_FILE_BYTES = 4 * 2**20
MAX_TRACKS = 1024
# A variable-length number has at most 4 bytes, of 7 bits each.
_MAX_NUMBER_BYTES = 4


class UnreadableMidiError(ValueError):
    """A file is not MIDI, is damaged, or exceeds a limit; the message is one line."""


class NoteEvent(NamedTuple):
    """A key goes down or up.

    Attributes:
        tick: when, in the file's ticks from the start of the track.
        channel: MIDI channel, 1 to 16.
        pitch: MIDI pitch, 0 to 127.
        on: True if the key goes down, False if it goes up.
    """

    tick: int
    channel: int
    pitch: int
    on: bool


class InstrumentEvent(NamedTuple):
    """Another instrument plays the track from here on.

    Attributes:
        tick: when, in the file's ticks from the start of the track.
        instrument: music21's name of the instrument; '' if it is unknown.
    """

    tick: int
    instrument: str


Event = NoteEvent | InstrumentEvent


@dataclass(frozen=True)
class MidiTracks:
    """The events of each track, and how many of the file's ticks make a quarter."""

    ticks_per_quarter: int
    tracks: tuple[tuple[Event, ...], ...]


def read_midi_tracks(path: Path) -> MidiTracks:
    """Return the note and instrument events of a MIDI file of format 0 or 1.

    Raises:
        UnreadableMidiError: the file's content is wrong.
        OSError: the file cannot be opened.
    """
    status = path.stat()
    # Reading a pipe, for example, could wait for ever.
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableMidiError("not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise UnreadableMidiError(f"{status.st_size} bytes, more than {MAX_FILE_BYTES}")
    data = path.read_bytes()
    track_count, ticks_per_quarter = _read_header(data)
    chunks = _track_chunks(data, track_count)
    tracks = tuple(_read_events(chunk, i) for i, chunk in enumerate(chunks))
    return MidiTracks(ticks_per_quarter, tracks)


def _read_header(data: bytes) -> tuple[int, int]:
    """Return the number of tracks, and the ticks per quarter."""
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


def _read_events(chunk: bytes, track: int) -> tuple[Event, ...]:
    from music21.midi import MidiEvent, MidiException

    events: list[Event] = []
    # An event without a status byte repeats the last one, which is "running".
    position, tick, running_status = 0, 0, None
    while position < len(chunk):
        delta, position = _read_number(chunk, position, track)
        # Some programs end a track with a delta time and no event.
        if position == len(chunk):
            break
        status = chunk[position] if chunk[position] >= 0x80 else running_status
        if status is None:
            raise UnreadableMidiError(f"track {track} does not begin with an event")
        end = _event_end(chunk, position, status, track)
        event = MidiEvent()
        event.lastStatusByte = running_status
        try:
            event.read(chunk[position:end])
        except MidiException:
            # The status byte has no meaning in a file. Go on behind the delta time, as
            # music21 does.
            continue
        position = end
        tick += delta
        if status < 0xF0:
            running_status = status
        if translated := _translate(event, tick):
            events.append(translated)
    return tuple(events)


def _read_number(chunk: bytes, position: int, track: int) -> tuple[int, int]:
    """Return the variable-length number at `position`, and where it ends."""
    value = 0
    for place in range(position, position + _MAX_NUMBER_BYTES):
        if place >= len(chunk):
            raise UnreadableMidiError(f"track {track} ends within a number")
        value = value << 7 | chunk[place] & 0x7F
        if chunk[place] < 0x80:
            return value, place + 1
    raise UnreadableMidiError(f"track {track} has a number of more than 28 bits")


def _event_end(chunk: bytes, position: int, status: int, track: int) -> int:
    """Return where the event at `position` ends; music21 gets the bytes up to it."""
    if status in (0xF0, 0xF7, 0xFF):
        data_start = position + (2 if status == 0xFF else 1)
        length, start = _read_number(chunk, data_start, track)
    else:
        length = 1 if status & 0xF0 in (0xC0, 0xD0) else 2
        start = position + (chunk[position] >= 0x80)
    if start + length > len(chunk):
        raise UnreadableMidiError(f"track {track} ends within an event")
    return start + length


def _translate(event, tick: int) -> Event | None:
    """Return our own event for a music21 event; None if it is of no interest."""
    from music21.midi import ChannelVoiceMessages, MetaEvents

    if event.isNoteOn() or event.isNoteOff():
        if event.pitch > HIGHEST_PITCH:
            raise UnreadableMidiError(
                f"pitch is {event.pitch}; it must be 0 to {HIGHEST_PITCH}"
            )
        return NoteEvent(tick, event.channel, event.pitch, event.isNoteOn())
    if event.type == ChannelVoiceMessages.PROGRAM_CHANGE or event.type in (
        MetaEvents.SEQUENCE_TRACK_NAME,
        MetaEvents.INSTRUMENT_NAME,
    ):
        return InstrumentEvent(tick, _instrument(event))
    return None


def _instrument(event) -> str:
    """Return music21's instrument for a name or program event; '' if it has none."""
    from music21.midi.translate import midiEventToInstrument

    with warnings.catch_warnings():
        # music21 warns of a name in another character set. The instrument is unknown.
        warnings.simplefilter("ignore")
        return midiEventToInstrument(event).instrumentName or ""
