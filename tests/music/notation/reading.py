"""Reading MusicXML files: with music21, and against the schema of the W3C.

The schema comes with the package `musicxml`, which is not imported.
"""

import tempfile
from fractions import Fraction
from functools import cache
from importlib.metadata import files
from pathlib import Path

from lxml import etree

# The schema only needs these names of other schemas, and our files do not have them.
_OTHERS = {
    "xml.xsd": ("http://www.w3.org/XML/1998/namespace", ("lang", "space")),
    "xlink.xsd": (
        "http://www.w3.org/1999/xlink",
        ("href", "type", "role", "title", "show", "actuate"),
    ),
}


@cache
def schema():
    """Return the schema of MusicXML 4.0."""
    (found,) = (each for each in files("musicxml") if each.name == "musicxml_4_0.xsd")
    source = Path(found.locate())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, (space, names) in _OTHERS.items():
            attributes = "".join(f'<xs:attribute name="{each}"/>' for each in names)
            (folder / file).write_text(
                '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
                f'targetNamespace="{space}">{attributes}</xs:schema>'
            )
        # The schemas that it imports are beside it, and not in the network.
        text = source.read_text().replace("http://www.musicxml.org/xsd/", "")
        (folder / source.name).write_text(text)
        return etree.XMLSchema(file=folder / source.name)


def validated(path):
    """Return the root of a MusicXML file that follows the schema."""
    parser = etree.XMLParser(load_dtd=False, no_network=True)
    document = etree.parse(path, parser)
    schema().assertValid(document)
    return document.getroot()


def read_notes(path):
    """Return (onset, pitch, duration) of each note, in quarters, tied notes as one."""
    from music21 import converter

    score = converter.parse(path, format="musicxml", forceSource=True)
    heard, open_ties = [], {}
    for part in score.parts:
        for element in part.flatten().notes:
            for note in element.notes if element.isChord else [element]:
                begin = Fraction(element.offset)
                end = begin + Fraction(element.quarterLength)
                tie = note.tie or element.tie
                key = (note.pitch.midi, begin)
                if tie and tie.type in ("stop", "continue"):
                    onset = open_ties.pop(key)
                else:
                    onset = begin
                if tie and tie.type in ("start", "continue"):
                    open_ties[note.pitch.midi, end] = onset
                else:
                    heard.append((onset, note.pitch.midi, end - onset))
    assert not open_ties
    return sorted(heard)
