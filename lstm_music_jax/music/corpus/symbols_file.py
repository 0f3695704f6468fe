"""Symbols files: a corpus as plain text, one symbol per line."""

from __future__ import annotations

from pathlib import Path

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.system.atomic_write import write_atomically


def load_symbols(path: str | Path) -> Corpus:
    """Return the pieces of a UTF-8 text file, which blank lines separate.

    A piece is named after the file. If there are several, they are numbered from 1.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not UTF-8, or holds no symbol.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"path is {path}: it is not UTF-8 text") from error
    groups: list[list[str]] = [[]]
    for line in lines:
        # On some systems a line ends with '\r\n'.
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
    return Corpus.from_pieces(pieces, source=f"symbols of {path.name}")


def write_symbols(corpus: Corpus, path: str | Path) -> None:
    """Write a corpus as a file for `load_symbols`; the names of the pieces are lost.

    Raises:
        OSError: the file cannot be written.
        ValueError: a piece is empty, or a symbol does not fit on one line.
    """
    for piece in corpus.pieces:
        if not piece.symbols:
            raise ValueError(f"piece {piece.name!r} has no symbols; it must have some")
        for symbol in piece.symbols:
            if not symbol or "\n" in symbol or symbol.endswith("\r"):
                raise ValueError(
                    f"symbol of {piece.name!r} is {symbol!r}; it must be one line of "
                    "text"
                )
    pieces = ("".join(f"{s}\n" for s in piece.symbols) for piece in corpus.pieces)
    write_atomically(Path(path), "\n".join(pieces))
