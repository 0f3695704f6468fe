"""The standard measures of a comparison, and which of them are primary.

The primary measures are the few that are tested. They are chosen before any music is
generated.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.comparison.analysis import MOST_PRIMARY
from lstm_music_jax.evaluation.comparison.pieces import Measures
from lstm_music_jax.evaluation.measures import (
    CHORALE_MEASURES,
    DISTANCE_MEASURES,
    PIECE_MEASURES,
    SET_MEASURES,
    TRACE_MEASURES,
)
from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample
from lstm_music_jax.evaluation.measures.copying import (
    CopyIndex,
    copied_share,
    human_copy_length,
    longest_copy,
)
from lstm_music_jax.evaluation.measures.longest_loop import longest_loop
from lstm_music_jax.evaluation.measures.overlap import overlap
from lstm_music_jax.evaluation.measures.repeated_ngrams import repeated_ngrams
from lstm_music_jax.evaluation.measures.uncertainty import (
    excess_surprisal,
    judge_surprisal,
)
from lstm_music_jax.generation.composition import Run
from lstm_music_jax.music.transposition import HALF_OCTAVE, transposition_table


class Standard(NamedTuple):
    """The standard measures, and the names of the primary ones among them.

    Attributes:
        measures: all measures, by kind.
        primary: the names of the primary measures. By default, they measure repeated
            n-grams, copying, the likeness of pieces to each other, and the surprisal of
            pieces under a judge, a model that did not draw them. Without a judge, a
            distance from human music takes the place of this surprisal: with `Events`
            the energy distance, and else that of the scale consistency.
        loops_and_copies: the names of the measures that show whether a strategy loops,
            or copies the training pieces.
    """

    measures: Measures
    primary: tuple[str, ...]
    loops_and_copies: tuple[str, ...]

    def with_primary(self, names: Sequence[str]) -> "Standard":
        """Return the same measures with other primary measures.

        Raises:
            ValueError: there are more than four names, or a name is not that of a
                measure.
        """
        known = [measure.name for kind in self.measures for measure in kind]
        for name in names:
            if name not in known:
                raise ValueError(
                    f"primary holds {name!r}; it must hold names of measures, such as "
                    f"{', '.join(map(repr, self.primary))}"
                )
        if len(names) > MOST_PRIMARY:
            raise ValueError(
                f"primary holds {len(names)} measures; it may hold {MOST_PRIMARY}"
            )
        return self._replace(primary=tuple(names))


def standard_measures(
    run: Run,
    training: Sequence[Int[np.ndarray, "_"]],
    human: Sequence[Sample],
    held_out_loss: float,
) -> Standard:
    """Return the measures that are valid for the encoding and for the human pieces.

    A measure of pieces is left out unless it is defined for more than half of the human
    pieces. So measures of four-part writing are left out if most pieces do not have
    four parts. Some measures stay in any case: those that do not say which values are
    good, those of copying, and the surprisal minus the held-out loss.

    Args:
        run: the model, its vocabulary and its encoding.
        training: symbol ids of the training pieces, in which copied passages are
            searched.
        human: the human pieces. Their traces hold figures of each symbol, such as its
            surprisal under the model. A judge is another model. If the traces of more
            than half of the pieces also hold the surprisal under a judge, its mean is a
            primary measure.
        held_out_loss: mean surprisal of the human pieces, nats per symbol.
    """
    vocabulary, encoding = run.vocabulary, run.encoding
    music = [*map(vocabulary.without_markers, training)]
    exact = CopyIndex(music)
    moved = CopyIndex(music, transposition_table(vocabulary, encoding, HALF_OCTAVE))
    k = human_copy_length(exact, human)
    k_moved = human_copy_length(moved, human)
    copied = copied_share(moved, k_moved, "copied up to transposition")
    kind = str(encoding.config()["kind"])
    pieces = [
        measure
        for measure in (*PIECE_MEASURES, *CHORALE_MEASURES, *TRACE_MEASURES)
        if measure.valid_for(kind)
        and (measure.direction is Direction.NONE or _defined(measure, human))
    ]
    copying = [
        longest_copy(exact),
        copied_share(exact, k),
        longest_copy(moved, "longest copied run up to transposition"),
        copied,
    ]
    pieces += [excess_surprisal(held_out_loss), *copying]
    sets = [measure for measure in SET_MEASURES if measure.valid_for(kind)]
    distances = [measure for measure in DISTANCE_MEASURES if measure.valid_for(kind)]
    # Without a judge, the last distance from human music takes its place. With one it
    # does not, because it compares means over pieces, which shuffled pieces keep.
    judged = _defined(judge_surprisal(), human)
    likeness = judge_surprisal() if judged else distances[-1]
    primary = (repeated_ngrams(), copied, overlap(), likeness)
    shown = (repeated_ngrams(), longest_loop(), *copying)
    return Standard(
        Measures(pieces, sets, distances),
        tuple(measure.name for measure in primary),
        tuple(measure.name for measure in shown),
    )


def _defined(measure: PieceMeasure, human: Sequence[Sample]) -> bool:
    """Return whether a measure is defined for more than half of the human pieces."""
    return bool(np.isnan([measure(sample) for sample in human]).mean() < 0.5)
