"""Training and validation pieces, with near-duplicates on one side."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence

import numpy as np

from lstm_music_jax.music.corpus.pieces import Corpus, Piece

# Two pieces that have this many symbols in a row in common are versions of one another.
SHARED_RUN = 64

Sides = tuple[tuple[Piece, ...], tuple[Piece, ...]]


def split(corpus: Corpus, validation: float | int = 0.1, seed: int = 0) -> Sides:
    """The pieces for training and those for validation, each in the corpus' order.

    Whole pieces, drawn by `seed`; pieces that share a run of 64 symbols, directly or
    through others, come on one side. `validation` is the wanted share of the symbols,
    between 0 and 1; what comes out is as near as the sizes of the pieces allow, and
    neither side is empty.

    Where all pieces hang together, as in a corpus of one piece, the last share of each
    piece is held out instead, named "... (tail)", and a line on stderr says so.

    Raises ValueError for a share outside (0, 1), or too little music for two sides.
    """
    if not 0 < validation < 1:
        raise ValueError(f"validation is {validation}; it must be between 0 and 1")
    groups = near_duplicates(corpus.pieces)
    if len(groups) < 2:
        return _tails(corpus, validation)
    held_out = _draw(groups, corpus.pieces, validation, seed)
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for index, piece in enumerate(corpus.pieces):
        sides[index in held_out].append(piece)
    return tuple(sides[0]), tuple(sides[1])


def near_duplicates(pieces: Sequence[Piece]) -> list[list[int]]:
    """The indices of `pieces` in groups that hang together by shared runs."""
    group_of = list(range(len(pieces)))

    def representative(index: int) -> int:
        while group_of[index] != index:
            group_of[index] = group_of[group_of[index]]
            index = group_of[index]
        return index

    for one, other in _sharing(pieces):
        group_of[representative(other)] = representative(one)
    groups: dict[int, list[int]] = {}
    for index in range(len(pieces)):
        groups.setdefault(representative(index), []).append(index)
    return [*groups.values()]


def _sharing(pieces: Sequence[Piece]) -> Iterable[tuple[int, int]]:
    """Pairs of pieces with a run in common: enough of them to join every group."""
    hashes, owners, starts = _windows(pieces)
    _, kind, count = np.unique(hashes, return_inverse=True, return_counts=True)
    first_owner: dict[tuple[str, ...], int] = {}
    for window in np.flatnonzero(count[kind] > 1):
        owner, start = int(owners[window]), int(starts[window])
        # Equal hashes only point out where to look; the symbols themselves decide.
        run = pieces[owner].symbols[start : start + SHARED_RUN]
        other = first_owner.setdefault(run, owner)
        if other != owner:
            yield other, owner


def _windows(pieces: Sequence[Piece]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hash, piece and start of each run of 64 symbols, once for each piece."""
    symbols = {symbol: None for piece in pieces for symbol in piece.symbols}
    numbers = np.random.default_rng(0).integers(
        2**63, size=len(symbols), dtype=np.uint64
    )
    value = dict(zip(symbols, numbers, strict=True))
    hashes, owners, starts = [], [], []
    for index, piece in enumerate(pieces):
        values = np.array([value[symbol] for symbol in piece.symbols], np.uint64)
        size = len(values) - SHARED_RUN + 1
        if size < 1:
            continue
        rolled = np.zeros(size, np.uint64)
        for offset in range(SHARED_RUN):
            rolled = rolled * np.uint64(6364136223846793005) + values[offset:][:size]
        distinct, start = np.unique(rolled, return_index=True)
        hashes.append(distinct)
        owners.append(np.full(len(distinct), index))
        starts.append(start)
    empty = np.zeros(0, np.int64)
    return tuple(np.concatenate(parts or [empty]) for parts in (hashes, owners, starts))


def _draw(
    groups: list[list[int]], pieces: Sequence[Piece], validation: float | int, seed: int
) -> set[int]:
    """The indices to hold out: groups in random order as long as they fit."""
    sizes = [sum(len(pieces[index].symbols) for index in group) for group in groups]
    wanted = validation * sum(sizes)
    order = list(range(len(groups)))
    random.Random(seed).shuffle(order)
    drawn: set[int] = set()
    total = 0
    for each in order:
        if total + sizes[each] <= wanted:
            drawn.add(each)
            total += sizes[each]
    left = [each for each in order if each not in drawn]
    nearest = min(left, key=lambda each: abs(total + sizes[each] - wanted))
    better = abs(total + sizes[nearest] - wanted) < abs(total - wanted)
    if not drawn or (better and len(left) > 1):
        drawn.add(nearest)
    return {index for each in drawn for index in groups[each]}


def _tails(corpus: Corpus, validation: float | int) -> Sides:
    heads, tails = [], []
    for piece in corpus.pieces:
        size = len(piece.symbols)
        cut = size - min(max(round(size * validation), 1), size - 1)
        heads.append(Piece(piece.name, piece.symbols[:cut]))
        if cut < size:
            tails.append(Piece(f"{piece.name} (tail)", piece.symbols[cut:]))
    if not tails:
        raise ValueError(f"corpus is too small to split: {corpus.summary()}")
    print(
        f"{corpus.source}: one piece, or all share runs of {SHARED_RUN} symbols; "
        f"the last {validation:.0%} of each is held out",
        file=sys.stderr,
    )
    return tuple(heads), tuple(tails)
