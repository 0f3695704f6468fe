"""Reads a report without the package: its elements, and the pieces in its data."""

import base64
import json
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
        elif data.strip():
            self.texts.append(data)


def numbers(packed):
    """Return the whole numbers of base64: seven bits a byte, the lowest first."""
    found, bits = [], ""
    for byte in base64.b64decode(packed):
        bits = f"{byte % 128:07b}" + bits
        if byte < 128:
            found.append(int(bits, 2))
            bits = ""
    assert not bits
    return found


def notes(piece):
    """Return onset, pitch, duration and velocity of each note of a packed piece."""
    onset, found = 0, []
    values = iter(numbers(piece["notes"]))
    for since, duration, pitch, velocity in zip(*[values] * 4, strict=True):
        onset += since
        found.append((onset, pitch, duration, velocity))
    assert len(found) == piece["count"]
    return found
