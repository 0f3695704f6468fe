"""From drawn ids to the music of a piece: its primer, its notes, and where it ends."""

from dataclasses import replace

import numpy as np

from lstm_music_jax.music.encodings.base import Decoded, Encoding
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.types import Int


def primer_symbols(vocabulary: Vocabulary, prompt: Int[np.ndarray, "p"]) -> list[str]:
    """Return the symbols of a prompt without the start and the end symbol."""
    markers = vocabulary.marker_ids
    return vocabulary.symbols_of(id for id in prompt if id not in markers)


def decode_piece(
    vocabulary: Vocabulary,
    encoding: Encoding,
    primer: list[str],
    tokens: Int[np.ndarray, "n"],
    has_end: bool,
    notes: int | None,
    keep_primer: bool,
) -> tuple[Decoded | None, list[str], bool]:
    """Return the music and the symbols of a piece, and whether the end symbol ended it.

    Args:
        vocabulary: the symbols of the ids.
        encoding: the encoding of the symbols.
        primer: the symbols of the primer.
        tokens: ids of the drawn symbols.
        has_end: whether the end symbol was drawn after them.
        notes: number of notes that the piece should have, without those of the primer;
            None for all. The music is None if it has fewer and no end symbol.
        keep_primer: whether the music and the symbols begin with those of the primer.
    """
    symbols = vocabulary.symbols_of(tokens)
    after, skipped_before = primer, 0
    if keep_primer:
        kept = encoding.decode(primer)
        notes = None if notes is None else notes + kept.note_count
        symbols, after, skipped_before = primer + symbols, [], kept.skipped
    decoded = encoding.decode(symbols, max_notes=notes, after=after)
    if has_end:
        whole = encoding.decode(symbols, after=after)
        has_end = notes is None or whole.note_count <= notes
        decoded = whole if has_end else decoded
    if notes is not None and decoded.note_count < notes and not has_end:
        return None, symbols, False
    decoded = replace(decoded, skipped=decoded.skipped - skipped_before)
    return decoded, symbols, has_end
