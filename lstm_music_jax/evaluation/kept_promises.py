"""Whether pieces keep the promises of the strategy that drew them.

Two kinds of promises are examined: those of `CopyLimit` and those of `Obey`. The pieces
are read on the host, by code that has no part in drawing them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.evaluation.measures.copying import CopyIndex
from lstm_music_jax.music.transposition import HALF_OCTAVE, transposition_table
from lstm_music_jax.strategies.base import Strategy, parts
from lstm_music_jax.strategies.promises.copy_limit import CopyLimit
from lstm_music_jax.strategies.promises.obey import Obey
from lstm_music_jax.types import Int


class Kept(NamedTuple):
    """A promise, and how many pieces keep it.

    Attributes:
        promise: the promise, in words.
        found: what the pieces were found to be, in words.
        kept: number of pieces that keep the promise.
        pieces: number of pieces of which this can be said.
    """

    promise: str
    found: str
    kept: int
    pieces: int


def kept_promises(
    strategy: Strategy, pieces: Sequence[Int[np.ndarray, "_"]], end: int | None = None
) -> list[Kept]:
    """Return for each `CopyLimit` and each `Obey` how many pieces keep it.

    Args:
        strategy: the strategy that drew the pieces.
        pieces: the drawn ids of each piece, without the primer. If the model ended a
            piece, its last id is that of the end symbol.
        end: the id of the end symbol; None if the vocabulary has none.
    """
    found = []
    for part in parts(strategy):
        if isinstance(part, CopyLimit):
            found.append(_copies(part, pieces))
        elif isinstance(part, Obey):
            found.append(_obeyed(part, pieces, end))
    return found


def _copies(limit, pieces):
    index = _index(limit.corpus, limit.transposed)
    longest = [index.longest(ids).length for ids in pieces]
    also = ", also after transposition" if limit.transposed else ""
    return Kept(
        f"no copied run longer than {limit.longest} symbols{also}",
        f"longest {max(longest, default=0)}",
        sum(length <= limit.longest for length in longest),
        len(pieces),
    )


@lru_cache(maxsize=4)
def _index(corpus: KnownPieces, transposed: bool) -> CopyIndex:
    table = None
    if transposed:
        table = transposition_table(corpus.vocabulary, corpus.encoding, HALF_OCTAVE)
    return CopyIndex(corpus.pieces, table)


def _obeyed(obey, pieces, end):
    """Let the automaton read the pieces; those that were cut earlier are left out."""
    accepted = []
    for ids in pieces:
        missing = obey.length - len(ids)
        if missing > 0 and not (len(ids) and ids[-1] == end):
            continue
        # After an end symbol, all further symbols are end symbols.
        first = [*ids[: obey.length], *[end] * max(missing, 0)]
        accepted.append(obey.automaton.accepts(first))
    states, shorter = len(obey.automaton), len(pieces) - len(accepted)
    return Kept(
        f"the first {obey.length} symbols are accepted by an automaton of {states:,} "
        "states",
        f"{sum(accepted)} accepted" + (f", {shorter} cut earlier" if shorter else ""),
        sum(accepted),
        len(accepted),
    )
