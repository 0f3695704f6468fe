"""Symbolic music on the host: files to scores, symbols and ids, and back.

Nothing here imports jax, and music21 only when a file has to be read or written.
"""

from lstm_music_jax.music.corpus import (
    Corpus,
    Piece,
    Skipped,
    chorales,
    midi_folder,
    split,
    symbols_file,
    write_symbols,
)
from lstm_music_jax.music.encodings import (
    Decoded,
    Encoding,
    Events,
    NoteNames,
    encoding_from_config,
)
from lstm_music_jax.music.midi import UnreadableMidi, read_midi, write_midi
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Note, Part, Score
from lstm_music_jax.music.vocabulary import UnknownSymbol, Vocabulary

__all__ = [
    "TICKS_PER_QUARTER",
    "Chord",
    "Corpus",
    "Decoded",
    "Encoding",
    "Events",
    "Note",
    "NoteNames",
    "Part",
    "Piece",
    "Score",
    "Skipped",
    "UnknownSymbol",
    "UnreadableMidi",
    "Vocabulary",
    "chorales",
    "encoding_from_config",
    "midi_folder",
    "read_midi",
    "split",
    "symbols_file",
    "write_midi",
    "write_symbols",
]
