"""Losses of a model that reads pieces: per piece, kind of symbol and place.

There are two contexts: the model remembers all symbols so far (the carried state), or
only the last ones (the sliding window). A place is a position in a piece, in symbols.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lstm_music_jax import Forced, Run, RunFolder, symbol_kinds
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.ratios import mean_per_symbol, sums_by_group

CARRIED, WINDOW = "carried state", "sliding window"
# Where ranges of places in a piece begin, in symbols.
_PLACES = (0, 16, 32, 64, 128, 256, 512, 1024)
# A range that fewer pieces reach says more about them than about the place.
_REACHED_BY = 5
_REFERENCES = {
    "validation_loss": "best validation loss of the training",
    "five_gram_loss": "Kneser-Ney 5-gram",
    "trigram_loss": "interpolated 3-gram",
    "unigram_loss": "unigram",
}


class Losses(NamedTuple):
    """Losses in nats per symbol, of the carried state and of the sliding window.

    Attributes:
        symbols: the number of predicted symbols of each piece.
        per_piece: the mean loss of each piece, by context.
        whole: the loss over all symbols, by context.
        worse: by how much the window is worse than the carried state.
        kinds: the kinds of symbols, the commonest first.
        shares: the share of symbols of each kind.
        by_kind: one loss per kind, by context.
        places: the first place of each range of places; only ranges that five pieces or
            more reach.
        by_place: one loss per range, by context.
        references: losses that the training has saved, by name.
    """

    symbols: np.ndarray
    per_piece: dict[str, np.ndarray]
    whole: dict[str, Estimate]
    worse: Estimate
    kinds: list[str]
    shares: np.ndarray
    by_kind: dict[str, Estimate]
    places: list[int]
    by_place: dict[str, Estimate]
    references: dict[str, float]


def losses_of(
    loaded: Run,
    pieces: Sequence[np.ndarray],
    carried: Sequence[Forced],
    windowed: Sequence[Forced],
    folder: RunFolder,
) -> Losses:
    """Return the losses of both contexts, and those that the training has saved.

    `carried` and `windowed` hold what reading each of `pieces` gave with each context.
    """
    surprisal = {
        CARRIED: [each.trace.surprisal for each in carried],
        WINDOW: [each.trace.surprisal for each in windowed],
    }
    symbols = np.array([len(piece) - 1 for piece in pieces])
    sums = {
        context: np.array([each.sum(dtype=np.float64) for each in of_pieces])
        for context, of_pieces in surprisal.items()
    }
    kinds, shares, by_kind = _by_kind(loaded, pieces, surprisal)
    places, by_place = _by_place(symbols, surprisal)
    return Losses(
        symbols,
        {context: each / np.maximum(symbols, 1) for context, each in sums.items()},
        {context: mean_per_symbol(each, symbols) for context, each in sums.items()},
        mean_per_symbol(sums[WINDOW] - sums[CARRIED], symbols),
        kinds,
        shares,
        by_kind,
        places,
        by_place,
        _saved_losses(folder),
    )


def _by_kind(loaded, pieces, surprisal):
    """Return the kinds of symbols, the share of each, and the losses of each.

    `surprisal` holds, for each context, the surprisal of the symbols of each piece.
    """
    kind_of = symbol_kinds(loaded.vocabulary)
    counts = Counter(kind_of[id] for piece in pieces for id in piece[1:].tolist())
    kinds = [kind for kind, _ in counts.most_common()]
    number_of = np.array(
        [kinds.index(kind) if kind in counts else -1 for kind in kind_of]
    )
    groups = [number_of[piece[1:]] for piece in pieces]
    shares = np.array([counts[kind] for kind in kinds]) / counts.total()
    return kinds, shares, _in_groups(surprisal, groups, len(kinds), len(kinds))


def _by_place(symbols, surprisal):
    """Return the first place of each range of places, and the losses in each range.

    `symbols` is the number of predicted symbols of each piece. `surprisal` holds, for
    each context, their surprisal.
    """
    groups = [
        np.searchsorted(_PLACES, np.arange(1, count + 1), "right") - 1
        for count in symbols
    ]
    enough = np.sort(symbols)[-min(_REACHED_BY, len(symbols))]
    reached = int(np.searchsorted(_PLACES, enough, "right"))
    losses = _in_groups(surprisal, groups, len(_PLACES), reached)
    return [*_PLACES[:reached]], losses


def _in_groups(
    surprisal: Mapping[str, Sequence[np.ndarray]],
    groups: Sequence[np.ndarray],
    count: int,
    shown: int,
) -> dict[str, Estimate]:
    """Return, for each context, the losses of the first `shown` groups of symbols.

    `groups` holds the group of each symbol, from 0 to `count` - 1, one array per piece.
    """
    losses = {}
    for context, of_pieces in surprisal.items():
        sums, counts = sums_by_group(of_pieces, groups, count)
        losses[context] = mean_per_symbol(sums[:, :shown], counts[:, :shown])
    return losses


def _saved_losses(folder: RunFolder) -> dict[str, float]:
    """Return the losses that the training has saved, by name.

    They are the lowest loss of the model and the losses of n-gram models, all on all
    held-out pieces.
    """
    finished, _, _ = folder.metrics.read_text().rpartition("\n")
    lines = [json.loads(line) for line in finished.splitlines()]
    found = {}
    for field, name in _REFERENCES.items():
        values = [line[field] for line in lines if field in line]
        if values:
            found[name] = min(values)
    return found
