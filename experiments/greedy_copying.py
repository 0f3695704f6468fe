"""Copying: whether greedy continuations of held-out pieces copy training pieces.

The primer is the beginning of a held-out piece. Its greedy continuation is made of the
model's most probable symbols; its human continuation is the rest of the piece. A copied
run is a sequence of symbols that also occurs in a training piece.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from copy_search import CopySearch, search_text, searched
from jaxtyping import Int

from lstm_music_jax import Dataset, Run, generate, strategies
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.copying import CopyIndex, human_copy_length
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.ratios import mean_per_symbol
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.music.transposition import HALF_OCTAVE, transposition_table

# The most symbols of training pieces that are searched.
_MOST_SEARCHED = 2**20


class CopiedRuns(NamedTuple):
    """Copied runs of the greedy and the human continuations, as means over pieces.

    Attributes:
        k: the length of a copied run, in symbols, that only about one in twenty human
            continuations exceeds.
        longest: for "greedy" and "human", the length of the longest copied run of a
            piece, in symbols.
        share: for "greedy" and "human", the share of symbols inside copied runs of k
            symbols or more.
        more: the greedy share minus the human one.
    """

    k: int
    longest: dict[str, Estimate]
    share: dict[str, Estimate]
    more: Estimate


class Copying(NamedTuple):
    """How much both continuations copy, exactly and up to transposition.

    Attributes:
        pieces: how many held-out pieces are long enough to be continued.
        primer_length: number of symbols of each primer.
        length: number of symbols of each continuation.
        searched: how many training pieces were searched.
        training: how many training pieces there are.
        runs: copied runs that are "exact", and those that are "up to transposition".
    """

    pieces: int
    primer_length: int
    length: int
    searched: int
    training: int
    runs: dict[str, CopiedRuns]


class Continuations(NamedTuple):
    """Greedy continuations, and the search that found their copied passages.

    Attributes:
        ids: the symbol ids of each piece: the primer, then its continuation.
        primer_length: number of symbols of each primer.
        search: the search for copies up to transposition.
    """

    ids: Int[np.ndarray, "b t"]
    primer_length: int
    search: CopySearch


def copying_of_greedy(
    loaded: Run,
    data: Dataset,
    held_out: Sequence[np.ndarray],
    primer_length: int,
    length: int,
) -> tuple[Copying, Continuations]:
    """Continue held-out pieces greedily, and search both continuations for copies.

    Both continuations have `length` symbols. Pieces that are too short for that are
    left out.

    Raises:
        ValueError: `primer_length` or `length` is below 1, or all pieces are too short.
    """
    for name, value in (("primer_length", primer_length), ("length", length)):
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be at least 1")
    end = loaded.vocabulary.end_id is not None
    whole = [piece[:-1] if end else piece for piece in held_out]
    kept = [piece for piece in whole if len(piece) >= primer_length + length]
    if not kept:
        raise ValueError(
            f"primer_length is {primer_length} and length is {length}; their sum must "
            f"be at most {max(map(len, whole))}, the symbols of the longest held-out "
            "piece"
        )
    ids = np.stack([piece[: primer_length + length] for piece in kept])
    greedy = generate(
        loaded.model,
        jnp.asarray(ids[:, :primer_length]),
        jax.random.key(0),
        length=length,
        strategy=strategies.Chain(
            *masks(loaded.vocabulary, loaded.encoding), strategies.Greedy()
        ),
    )
    drawn = np.concatenate([ids[:, :primer_length], greedy.tokens], axis=1)
    sides = {
        name: [Sample(row, primer=primer_length) for row in rows]
        for name, rows in (("greedy", drawn), ("human", ids))
    }
    training, names = searched(data, _MOST_SEARCHED)
    training = list(training)
    table = transposition_table(loaded.vocabulary, loaded.encoding, HALF_OCTAVE)
    index = CopyIndex(training, table)
    runs = {
        "exact": _copied_runs(CopyIndex(training), sides),
        "up to transposition": _copied_runs(index, sides),
    }
    counts = len(training), len(data.train)
    k = runs["up to transposition"].k
    reason = "only one human continuation in twenty has such a passage"
    search = CopySearch(index, k, names, search_text(k, reason, *counts))
    return (
        Copying(len(kept), primer_length, length, *counts, runs),
        Continuations(drawn, primer_length, search),
    )


def _copied_runs(index, sides):
    k = human_copy_length(index, sides["human"])
    longest = {
        name: np.array([index.longest(sample.generated).length for sample in samples])
        for name, samples in sides.items()
    }
    share = {
        name: np.array([index.copied_share(sample.generated, k) for sample in samples])
        for name, samples in sides.items()
    }
    return CopiedRuns(
        k,
        {name: _mean(values) for name, values in longest.items()},
        {name: _mean(values) for name, values in share.items()},
        _mean(share["greedy"] - share["human"]),
    )


def _mean(values):
    return mean_per_symbol(values, np.ones(len(values)))
