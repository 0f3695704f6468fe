r"""Symbols files: a corpus as plain text, one symbol per line.

    # Two pieces.
    C4
    E-4
    4.9

    G5

- The text is UTF-8. A byte-order mark at the beginning of a line is ignored, and a line
  may end with '\n', '\r\n' or '\r'.
- Spaces around a symbol are ignored.
- A line that begins with '#' is a comment. 'F#4' does not begin with '#'.
- One or more empty lines end a piece.
- All other lines hold one symbol of the encoding each. Other spellings of a symbol are
  understood: 'Eb4' is read as 'E-4', see `canonical` of the encodings.
"""

from __future__ import annotations

from pathlib import Path

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.from_config import ENCODINGS
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.system.printable import printable

_BYTE_ORDER_MARK = "\ufeff"
_COMMENT = "#"


def load_symbols(path: str | Path, encoding: Encoding) -> Corpus:
    """Return the corpus of a symbols file; the module's docstring has the format.

    A piece is named after the file. If there are several, they are numbered from 1.

    Args:
        path: the file.
        encoding: the encoding that the symbols belong to.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not UTF-8, or holds no symbol, or a line is not a symbol
            of the encoding. The message names the file, and the line if one is wrong.
    """
    path = Path(path)
    shown = printable(path)
    groups: list[list[str]] = [[]]
    symbol_of: dict[str, str] = {}
    for number, line in enumerate(_lines(path), start=1):
        if line.startswith(_COMMENT):
            continue
        if line:
            if line not in symbol_of:
                symbol_of[line] = _symbol(line, encoding, f"{shown}, line {number}")
            groups[-1].append(symbol_of[line])
        elif groups[-1]:
            groups.append([])
    groups = [group for group in groups if group]
    if not groups:
        raise ValueError(f"path is {shown}: it holds no symbol")
    several = len(groups) > 1
    pieces = (
        Piece(f"{path.name} {i}" if several else path.name, tuple(group))
        for i, group in enumerate(groups, start=1)
    )
    return Corpus.from_pieces(pieces, source=f"symbols of {printable(path.name)}")


def write_symbols(corpus: Corpus, path: str | Path) -> None:
    """Write a corpus as a symbols file; the names of its pieces are not written.

    Raises:
        OSError: the file cannot be written.
        ValueError: a piece is empty, or a symbol is empty, has more than one line,
            begins with '#' or a byte-order mark, or has spaces around it.
    """
    for piece in corpus.pieces:
        if not piece.symbols:
            raise ValueError(f"piece {piece.name!r} has no symbols; it must have some")
        for symbol in set(piece.symbols):
            if _split_lines(symbol) != [symbol] or symbol[:1] in ("", _COMMENT):
                raise ValueError(
                    f"symbol of {piece.name!r} is {symbol!r}; it must be one line of "
                    "text, without spaces around it and without '#' at its beginning"
                )
    pieces = ("".join(f"{s}\n" for s in piece.symbols) for piece in corpus.pieces)
    write_atomically(Path(path), "\n".join(pieces))


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, without spaces around them or byte-order marks."""
    data = path.read_bytes()
    try:
        return _split_lines(data.decode())
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        place = f"{printable(path)}, line {number}"
        raise ValueError(f"{place}: it is not UTF-8 text") from error


def _split_lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.removeprefix(_BYTE_ORDER_MARK).strip() for line in lines]


def _symbol(text: str, encoding: Encoding, place: str) -> str:
    try:
        return encoding.canonical(text)
    except ValueError as error:
        others = [kind for kind in ENCODINGS if _spells(kind, text)]
        hint = f"; it looks like a symbol of {others[0]}" if others else ""
        raise ValueError(f"{place}: {error}{hint}") from None


def _spells(kind: str, text: str) -> bool:
    try:
        ENCODINGS[kind]().canonical(text)
    except ValueError:
        return False
    return True
