"""Near-duplicates: pieces that have a long run of symbols in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lstm_music_jax.music.corpus.pieces import Piece

# Two pieces that have this many symbols in a row in common are versions of one another.
SHARED_RUN = 64
# An odd constant for hashing: the multiplier of Knuth's MMIX generator.
_MULTIPLIER = np.uint64(6364136223846793005)


def near_duplicates(pieces: Sequence[Piece]) -> list[list[int]]:
    """Return groups of near-duplicates, as the positions of their pieces in `pieces`.

    Two pieces are in one group if they share a run of 64 symbols, directly or through
    other pieces. Each piece is in exactly one group, which may be its own.
    """
    parent = list(range(len(pieces)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for one, other in _sharing_pairs(pieces):
        parent[root(other)] = root(one)
    groups: dict[int, list[int]] = {}
    for index in range(len(pieces)):
        groups.setdefault(root(index), []).append(index)
    return [*groups.values()]


def _sharing_pairs(pieces: Sequence[Piece]) -> Iterable[tuple[int, int]]:
    """Yield pairs of pieces that share a run: enough pairs to connect every group."""
    hashes, owners, starts = _hashed_runs(pieces)
    _, which, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    first_owner: dict[tuple[str, ...], int] = {}
    for place in np.flatnonzero(counts[which] > 1):
        owner, start = int(owners[place]), int(starts[place])
        # Different runs may have equal hashes, so the symbols themselves are compared.
        run = pieces[owner].symbols[start : start + SHARED_RUN]
        other = first_owner.setdefault(run, owner)
        if other != owner:
            yield other, owner


def _hashed_runs(
    pieces: Sequence[Piece],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return hash, piece and start of the runs of 64 symbols, three arrays `[r]`.

    Of equal runs within a piece, only one is listed.
    """
    symbols = {symbol: None for piece in pieces for symbol in piece.symbols}
    numbers = np.random.default_rng(0).integers(
        2**63, size=len(symbols), dtype=np.uint64
    )
    number_of = dict(zip(symbols, numbers, strict=True))
    hashes, owners = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    starts = [np.zeros(0, np.int64)]
    for index, piece in enumerate(pieces):
        values = np.array([number_of[symbol] for symbol in piece.symbols], np.uint64)
        count = len(values) - SHARED_RUN + 1
        if count < 1:
            continue
        rolled = np.zeros(count, np.uint64)
        for offset in range(SHARED_RUN):
            rolled = rolled * _MULTIPLIER + values[offset : offset + count]
        distinct, start = np.unique(rolled, return_index=True)
        hashes.append(distinct)
        owners.append(np.full(len(distinct), index))
        starts.append(start)
    return np.concatenate(hashes), np.concatenate(owners), np.concatenate(starts)
