"""The record of a MIDI file: a text that says what made the music.

Text events of the file carry the record in parts.

The first event says how many events with parts follow it, and the CRC-32 of the whole
text. No event has more than 127 bytes. Its length is then a single byte, as the oldest
readers expect. Other programs skip text events, or show them as remarks.
"""

from __future__ import annotations

import re
import zlib
from itertools import chain
from pathlib import Path

from lstm_music_jax.music.midi.tracks import read_midi_tracks

MOST_BYTES = 127
_FIRST = re.compile(rb"lstm_music_jax: record in (\d{1,7}) texts, CRC-32 ([0-9a-f]{8})")


class DamagedRecordError(ValueError):
    """Raised if the record of a file is damaged. The message is one line."""


def texts_of_record(record: str) -> list[str]:
    """Return the texts of the events that carry a record, the first event first.

    Raises:
        ValueError: the record is not ASCII text.
    """
    if not record.isascii():
        raise ValueError("record holds characters that are not ASCII; escape them")
    parts = [
        record[begin : begin + MOST_BYTES]
        for begin in range(0, len(record), MOST_BYTES)
    ]
    checksum = zlib.crc32(record.encode())
    first = f"lstm_music_jax: record in {len(parts)} texts, CRC-32 {checksum:08x}"
    return [first, *parts]


def read_record(path: str | Path) -> str | None:
    """Return the record of a MIDI file; None if it carries none.

    Raises:
        DamagedRecordError: texts of the record are missing or changed.
        UnreadableMidiError: the file is not MIDI of format 0 or 1, is damaged, or
            exceeds a limit.
        OSError: the file cannot be read.
    """
    tracks = read_midi_tracks(Path(path)).tracks
    texts = [*chain.from_iterable(track.texts for track in tracks)]
    for place, text in enumerate(texts):
        if first := _FIRST.fullmatch(text):
            parts = texts[place + 1 : place + 1 + int(first[1])]
            record = b"".join(parts)
            if zlib.crc32(record) != int(first[2], 16) or not record.isascii():
                raise DamagedRecordError(
                    "its record is damaged, because texts of the file were changed or "
                    "removed"
                )
            return record.decode("ascii")
    return None
