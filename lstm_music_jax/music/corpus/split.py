"""Splitting a corpus into pieces for training and pieces for validation."""

from __future__ import annotations

import random
import sys
from dataclasses import replace

import numpy as np

from lstm_music_jax.music.corpus.near_duplicates import near_duplicates
from lstm_music_jax.music.corpus.pieces import Corpus
from lstm_music_jax.music.corpus.transposed_windows import SHARED_RUN
from lstm_music_jax.music.encodings.base import Encoding

# The pieces for training, and those for validation.
Sides = tuple[Corpus, Corpus]


def split_corpus(
    corpus: Corpus,
    encoding: Encoding | None,
    validation: float | int = 0.1,
    seed: int = 0,
) -> Sides:
    """Return the pieces for training and those for validation, in the corpus' order.

    Whole pieces are held out. Near-duplicates are pieces that share a run of 64
    symbols, perhaps transposed, directly or through other pieces. They all go to one
    side of the split. Neither side is empty.

    If all pieces are near-duplicates, as in a corpus of one piece, the end of each
    piece of two or more symbols is held out instead. It is named "... (tail)", and a
    line on stderr says so.

    Args:
        corpus: the pieces.
        encoding: defines the pitches of each symbol. With None, the 64 symbols must be
            equal, and transposed runs do not count.
        validation: share of the symbols to hold out, between 0 and 1. The pieces are
            chosen one group after another, so another choice may come closer to it.
        seed: chooses the pieces.

    Raises:
        ValueError: `validation` is not between 0 and 1, or there is too little music.
    """
    if not 0 < validation < 1:
        raise ValueError(f"validation is {validation}; it must be between 0 and 1")
    groups = near_duplicates(corpus, encoding)
    if len(groups) < 2:
        return _split_off_tails(corpus, validation)
    held_out = np.zeros(len(corpus.names), bool)
    held_out[_choose(groups, corpus.counts, validation, seed)] = True
    return corpus.take(np.flatnonzero(~held_out)), corpus.take(np.flatnonzero(held_out))


def _choose(
    groups: list[list[int]], counts: np.ndarray, validation: float | int, seed: int
) -> list[int]:
    """Return the positions of the pieces to hold out for validation.

    A group is taken whole. The wanted number of symbols is `validation` times that of
    all groups. Groups are visited in random order. A group is taken unless the taken
    symbols would then be more than the wanted number. In the end, one more group is
    taken if that brings their number closer to the wanted one, or if none was taken. At
    least one group is not taken.

    Args:
        groups: the positions of the pieces of each group.
        counts: the number of symbols of each piece.
        validation: share of the symbols to hold out.
        seed: chooses the order of the groups.
    """
    sizes = [int(counts[group].sum()) for group in groups]
    wanted = validation * sum(sizes)
    order = list(range(len(groups)))
    random.Random(seed).shuffle(order)
    chosen: set[int] = set()
    total = 0
    for group in order:
        if total + sizes[group] <= wanted:
            chosen.add(group)
            total += sizes[group]
    left = [group for group in order if group not in chosen]
    nearest = min(left, key=lambda group: abs(total + sizes[group] - wanted))
    closer = abs(total + sizes[nearest] - wanted) < abs(total - wanted)
    if not chosen or (closer and len(left) > 1):
        chosen.add(nearest)
    return [index for group in chosen for index in groups[group]]


def _split_off_tails(corpus: Corpus, validation: float | int) -> Sides:
    counts = corpus.counts
    wanted = np.round(counts * validation).astype(np.int64)
    tails = np.minimum(np.maximum(wanted, 1), np.maximum(counts - 1, 0))
    heads = counts - tails
    if not (tails > 0).any():
        raise ValueError(f"corpus is too small to split: {corpus.summary()}")
    print(
        f"{corpus.source}: one piece, or all share runs of {SHARED_RUN} symbols; "
        f"the last {validation:.0%} of each is held out",
        file=sys.stderr,
    )
    names = tuple(f"{name} (tail)" for name in corpus.names)
    ends = replace(
        corpus,
        firsts=corpus.firsts + heads,
        counts=tails,
        names=names,
        _fingerprint=None,
    )
    return replace(corpus, counts=heads, _fingerprint=None), ends.take(
        np.flatnonzero(tails > 0)
    )
