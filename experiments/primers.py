"""The primers of generate.py: music that its pieces continue."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from sources import dataset_of_run

from lstm_music_jax import Run, processes, read_midi, start_prompts
from lstm_music_jax.system.printable import printable

if TYPE_CHECKING:
    from generate import Arguments


def prompts_of(loaded: Run, arguments: Arguments) -> jax.Array:
    """Return the symbol ids that each piece continues, one row per piece.

    With `--primer none` it is the start symbol alone.
    """
    pieces, length = arguments.pieces, arguments.primer_length
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}; it must be at least 1")
    if arguments.primer == "none":
        return start_prompts(loaded, pieces)
    if length < 1:
        raise ValueError(f"primer_length is {length}; it must be at least 1")
    if arguments.primer == "corpus":
        data = dataset_of_run(loaded.settings)
        # A primer that holds the end of its piece leaves nothing to continue.
        primers = [
            ids[:-1] if data.vocabulary.end_id is not None else ids
            for ids in data.validation or data.train
        ]
        return corpus_primers(primers, pieces, length, arguments.seed)
    ids = primer_of_file(loaded, Path(arguments.primer), length, arguments.unknown)
    return jnp.tile(jnp.asarray(ids)[None], (pieces, 1))


def primer_of_file(loaded: Run, path: Path, length: int, unknown: str) -> np.ndarray:
    """Return the ids of the first `length` symbols of a MIDI file.

    `unknown` says what to do with symbols that the vocabulary lacks: "error" or "drop".
    """
    name = printable(path)
    if not path.is_file():
        raise ValueError(
            f"primer is {name}; it must be none, corpus, or a MIDI file that exists"
        )
    try:
        symbols = loaded.encoding.encode(read_midi(path))
    except ValueError as error:
        raise ValueError(f"primer is {name}: {error}") from None
    known = set(loaded.vocabulary.symbols)
    kept: list[str] = []
    dropped = Counter[str]()
    for symbol in symbols:
        if len(kept) == length:
            break
        if unknown == "drop" and symbol not in known:
            dropped[symbol] += 1
        else:
            kept.append(symbol)
    if dropped and processes.is_first():
        print(f"primer is {name}: dropped {in_words(dropped)}", file=sys.stderr)
    if len(kept) < length:
        usable = " that the run knows" if dropped else ""
        raise ValueError(
            f"primer_length is {length}; {name} has {len(kept)} symbols{usable}, "
            "and it must be at most that"
        )
    try:
        return loaded.vocabulary.ids_of(kept, source=name)
    except ValueError as error:
        raise ValueError(f"{error}; --unknown drop leaves them out") from None


def in_words(dropped: Counter[str]) -> str:
    """Return a text on how many symbols were dropped, with the commonest of them."""
    named = ", ".join(f"{symbol} ({n})" for symbol, n in dropped.most_common(5))
    more = ", ..." if len(dropped) > 5 else ""
    return f"{dropped.total()} symbols that the run does not know: {named}{more}"


def corpus_primers(ids: list, pieces: int, length: int, seed: int) -> jax.Array:
    """Draw a primer for each piece: `length` ids from a random place of some piece.

    `ids` holds the ids of the pieces to draw from.
    """
    long_enough = [piece for piece in ids if len(piece) >= length]
    if not long_enough:
        longest = max(map(len, ids))
        raise ValueError(
            f"primer_length is {length}; the longest piece has {longest} symbols, "
            "and it must be at most that"
        )
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(pieces):
        piece = long_enough[random.integers(len(long_enough))]
        begin = random.integers(len(piece) - length + 1)
        rows.append(piece[begin : begin + length])
    return jnp.asarray(np.stack(rows))
