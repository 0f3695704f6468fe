"""Reads a report without the package: its elements, and the pieces in its data.

The numbers of a piece, and of those after it, are put into the piece as "numbers".
"""

import base64
import json
import zlib
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects the elements of a page with the names of their attributes, and texts."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.data, self._element = [], [], None, None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self._element = tag, dict(attributes)
        self.elements.append((tag, sorted(name for name, _ in attributes)))

    def handle_endtag(self, tag):
        self._element = None

    def handle_data(self, data):
        if self._element == ("script", {"type": "application/json", "id": "data"}):
            self.data = json.loads(data)
            numbers = _numbers(self.data["numbers"])
            for piece in self.data.get("pieces", []):
                piece["numbers"] = numbers[piece["first"] :]
        elif data.strip():
            self.texts.append(data)


def _numbers(packed):
    """Return the whole numbers of base64: seven bits a byte, the lowest first."""
    found, bits = [], ""
    for byte in zlib.decompress(base64.b64decode(packed), wbits=-15):
        bits = f"{byte % 128:07b}" + bits
        if byte < 128:
            found.append(int(bits, 2))
            bits = ""
    assert not bits
    return found


def notes(piece):
    """Return onset, pitch, duration and velocity of each note of a packed piece."""
    count = piece["count"]
    sinces, durations, pitches, velocities = columns(piece, 4)
    onsets = [sum(sinces[: k + 1]) for k in range(count)]
    return [*zip(onsets, pitches, durations, velocities, strict=True)]


def columns(piece, count, start=0):
    """Return some columns of a packed piece, which have one number per note."""
    numbers, size = piece["numbers"], piece["count"]
    found = [numbers[k * size : (k + 1) * size] for k in range(start, start + count)]
    assert {len(column) for column in found} == {size}
    return found
