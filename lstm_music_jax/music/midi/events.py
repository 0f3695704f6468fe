"""The bytes of a MIDI file to timed events, with music21's event reader.

Only the framing is done here: the header, the tracks, and handing music21 one event at
a time. music21's own loop copies the rest of the track for every event, which is
quadratic, and it dies of damage with a dozen kinds of exception.
"""

from __future__ import annotations

import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAX_FILE_BYTES = 4 * 2**20
MAX_TRACKS = 1024
_LONGEST_NUMBER = 4


class UnreadableMidi(ValueError):  # noqa: N818
    """A file that is not MIDI, is damaged, or is beyond all music, in one line."""


class NoteEvent(NamedTuple):
    """A key goes down (`on`) or up, in file ticks from the start of the track."""

    tick: int
    channel: int
    pitch: int
    on: bool


class InstrumentEvent(NamedTuple):
    """From here on this instrument plays the track; '' if its name is unknown."""

    tick: int
    instrument: str


@dataclass(frozen=True)
class MidiTracks:
    """The events of each track, and how many ticks a quarter note has."""

    ticks_per_quarter: int
    tracks: tuple[tuple[NoteEvent | InstrumentEvent, ...], ...]


def read_midi_tracks(path: Path) -> MidiTracks:
    """The note and instrument events of a MIDI file of format 0 or 1.

    Raises UnreadableMidi, or OSError where the file cannot be opened.
    """
    status = path.stat()
    # A pipe, say, would keep its reader waiting for ever.
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableMidi("not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise UnreadableMidi(f"{status.st_size} bytes, more than {MAX_FILE_BYTES}")
    data = path.read_bytes()
    count, ticks_per_quarter = _header(data)
    chunks = _track_chunks(data, count)
    tracks = tuple(_events(chunk, i) for i, chunk in enumerate(chunks))
    return MidiTracks(ticks_per_quarter, tracks)


def _header(data: bytes) -> tuple[int, int]:
    if not data.startswith(b"MThd"):
        raise UnreadableMidi("not a MIDI file: it does not begin with 'MThd'")
    if len(data) < 14 or int.from_bytes(data[4:8]) < 6:
        raise UnreadableMidi("the header is cut short")
    kind, count, division = (int.from_bytes(data[i : i + 2]) for i in (8, 10, 12))
    if kind not in (0, 1):
        raise UnreadableMidi(f"MIDI format {kind}; only 0 and 1 are read")
    if count > MAX_TRACKS:
        raise UnreadableMidi(f"{count} tracks, more than {MAX_TRACKS}")
    if division & 0x8000:
        raise UnreadableMidi("time is in SMPTE frames; only ticks a quarter are read")
    if division == 0:
        raise UnreadableMidi("a quarter note has 0 ticks")
    return count, division


def _track_chunks(data: bytes, count: int) -> list[bytes]:
    chunks: list[bytes] = []
    position = 8 + int.from_bytes(data[4:8])
    while len(chunks) < count:
        name, length = data[position : position + 4], data[position + 4 : position + 8]
        if len(length) < 4:
            raise UnreadableMidi(f"{count} tracks announced, {len(chunks)} found")
        start = position + 8
        position = start + int.from_bytes(length)
        if position > len(data):
            raise UnreadableMidi(f"track {len(chunks)} is cut short")
        # The standard asks readers to pass over kinds of chunk they do not know.
        if name == b"MTrk":
            chunks.append(data[start:position])
    return chunks


def _events(chunk: bytes, index: int) -> tuple[NoteEvent | InstrumentEvent, ...]:
    from music21.midi import MidiEvent, MidiException

    events: list[NoteEvent | InstrumentEvent] = []
    position, tick, running = 0, 0, None
    while position < len(chunk):
        delta, position = _number(chunk, position, index)
        # Some programs end a track with a time and no event.
        if position == len(chunk):
            break
        status = chunk[position] if chunk[position] >= 0x80 else running
        end = _event_end(chunk, position, status, index)
        event = MidiEvent()
        event.lastStatusByte = running
        try:
            event.read(chunk[position:end])
        except MidiException:
            # A status byte that means nothing in a file: go on behind its delta time,
            # as music21 does.
            continue
        position = end
        tick += delta
        if status < 0xF0:
            running = status
        if found := _translate(event, tick):
            events.append(found)
    return tuple(events)


def _number(chunk: bytes, position: int, index: int) -> tuple[int, int]:
    """A variable-length number and where it ends."""
    value = 0
    for place in range(position, position + _LONGEST_NUMBER):
        if place >= len(chunk):
            raise UnreadableMidi(f"track {index} ends within a number")
        value = value << 7 | chunk[place] & 0x7F
        if chunk[place] < 0x80:
            return value, place + 1
    raise UnreadableMidi(f"track {index} has a number of more than 28 bits")


def _event_end(chunk: bytes, position: int, status: int | None, index: int) -> int:
    """Where an event ends, so that music21 is given it and no more."""
    if status is None:
        raise UnreadableMidi(f"track {index} does not begin with an event")
    if status in (0xF0, 0xF7, 0xFF):
        length, start = _number(chunk, position + (2 if status == 0xFF else 1), index)
    else:
        length = 1 if status & 0xF0 in (0xC0, 0xD0) else 2
        start = position + (chunk[position] >= 0x80)
    if start + length > len(chunk):
        raise UnreadableMidi(f"track {index} ends within an event")
    return start + length


def _translate(event, tick: int) -> NoteEvent | InstrumentEvent | None:
    from music21.midi import ChannelVoiceMessages, MetaEvents

    if event.isNoteOn() or event.isNoteOff():
        if event.pitch > 127:
            raise UnreadableMidi(f"a key is numbered {event.pitch}, more than 127")
        return NoteEvent(tick, event.channel, event.pitch, event.isNoteOn())
    if event.type == ChannelVoiceMessages.PROGRAM_CHANGE or event.type in (
        MetaEvents.SEQUENCE_TRACK_NAME,
        MetaEvents.INSTRUMENT_NAME,
    ):
        return InstrumentEvent(tick, _instrument(event))
    return None


def _instrument(event) -> str:
    """music21's name for the instrument of a name or program event; '' if unknown."""
    from music21.midi.translate import midiEventToInstrument

    with warnings.catch_warnings():
        # A name in another alphabet's bytes is an unknown instrument, not news.
        warnings.simplefilter("ignore")
        return midiEventToInstrument(event).instrumentName or ""
