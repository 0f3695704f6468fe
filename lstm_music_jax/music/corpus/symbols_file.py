"""Symbols as plain text: one a line, a blank line between pieces."""

from __future__ import annotations

from pathlib import Path

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.system.atomic_write import write_atomically


def symbols_file(path: str | Path) -> Corpus:
    """The pieces of a text file, named after it and numbered if there are several.

    Raises FileNotFoundError, or ValueError if the file is not UTF-8 or has no symbol.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"path is {path}: it is not UTF-8 text") from error
    groups: list[list[str]] = [[]]
    for line in lines:
        # Other systems end a line with '\r\n'.
        if symbol := line.rstrip("\r"):
            groups[-1].append(symbol)
        elif groups[-1]:
            groups.append([])
    groups = [group for group in groups if group]
    if not groups:
        raise ValueError(f"path is {path}: it holds no symbol")
    several = len(groups) > 1
    pieces = (
        Piece(f"{path.name} {i}" if several else path.name, tuple(group))
        for i, group in enumerate(groups, start=1)
    )
    return Corpus(tuple(pieces), (), f"symbols of {path.name}")


def write_symbols(corpus: Corpus, path: str | Path) -> None:
    """Write a corpus for `symbols_file` to read; names of pieces are not kept.

    Raises ValueError for a piece that is empty or a symbol that would not be one line.
    """
    for piece in corpus.pieces:
        if not piece.symbols:
            raise ValueError(f"piece {piece.name!r} has no symbols")
        for symbol in piece.symbols:
            if not symbol or "\n" in symbol or symbol.endswith("\r"):
                raise ValueError(f"symbol {symbol!r} of {piece.name!r} is not one line")
    pieces = ("".join(f"{s}\n" for s in piece.symbols) for piece in corpus.pieces)
    write_atomically(Path(path), "\n".join(pieces))
