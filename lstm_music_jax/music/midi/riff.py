"""RIFF: the container in which a .rmi file holds a MIDI file."""

from __future__ import annotations

_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8


def unwrapped(data: bytes) -> bytes:
    """Return the MIDI file within a RIFF container; return other data unchanged.

    A container holds chunks. A chunk is a name of 4 bytes, a size of 4 bytes with the
    lowest byte first, and the content, padded to an even size. The content of the
    chunk 'data' is the MIDI file.
    """
    if data[:4] != b"RIFF" or data[8:_HEADER_BYTES] != b"RMID":
        return data
    place = _HEADER_BYTES
    while place + _CHUNK_HEADER_BYTES <= len(data):
        begin = place + _CHUNK_HEADER_BYTES
        size = int.from_bytes(data[place + 4 : begin], "little")
        if data[place : place + 4] == b"data":
            return data[begin : begin + size]
        place = begin + size + size % 2
    return data
