"""Uncertainty: means over a piece of the figures in its trace.

The trace of a piece holds one value of each figure per generated symbol. A figure
describes the symbol, the distribution of the model, or the distribution that a sampling
strategy has made of it and from which the symbol was drawn.

For generated pieces, generation with `trace=True` gives these figures. For given
pieces, `teacher_force` gives them; it also gives the surprisal of any piece under
another model, the judge. Each measure is NaN for a piece whose trace lacks the figure,
and for a piece without generated symbols.
"""

from typing import Any

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)


def strategy_entropy() -> PieceMeasure:
    """The mean entropy of the distributions from which a piece was drawn.

    Human pieces have no such entropy, because no strategy drew them.
    """
    return _mean_of(
        "strategy_entropy",
        name="strategy entropy",
        unit="nats per symbol",
        source="Shannon 1948",
        direction=Direction.NONE,
        bounds=NOT_NEGATIVE,
    )


def model_entropy() -> PieceMeasure:
    """The mean entropy of the model's distributions along a piece."""
    return _mean_of(
        "model_entropy",
        name="model entropy",
        unit="nats per symbol",
        source="Bjare, Lattner & Widmer 2023, arXiv 2308.09454",
        direction=Direction.HUMAN,
        bounds=NOT_NEGATIVE,
    )


def excess_surprisal(held_out_loss: float) -> PieceMeasure:
    """The mean surprisal under the model that drew a piece, minus its held-out loss.

    Below 0, the model finds the piece more predictable than human music.

    Args:
      held_out_loss: the model's mean surprisal on held-out pieces, nats per symbol.
    """
    return _mean_of(
        "surprisal",
        name="surprisal minus held-out loss",
        unit="nats per symbol",
        source="Meister et al. 2022, arXiv 2202.00666",
        direction=Direction.HUMAN,
        minus=held_out_loss,
    )


def kept_mass() -> PieceMeasure:
    """The mean of the kept mass: the model's probability of all symbols that are kept.

    A strategy keeps the symbols that it does not forbid; one of them is drawn.
    """
    return _mean_of(
        "kept_mass",
        name="kept mass",
        unit="",
        source="Holtzman et al. 2020, arXiv 1904.09751",
        direction=Direction.NONE,
        bounds=SHARE,
    )


def kept_count() -> PieceMeasure:
    """The mean number of symbols that are kept: not forbidden by the strategy."""
    return _mean_of(
        "kept_count",
        name="kept symbols",
        unit="symbols",
        source="Holtzman et al. 2020, arXiv 1904.09751",
        direction=Direction.NONE,
        bounds=NOT_NEGATIVE,
    )


def judge_surprisal() -> PieceMeasure:
    """The mean surprisal under a judge: a model that did not draw the piece.

    References:
      Caccia et al. 2018, Language GANs Falling Short,
      https://arxiv.org/abs/1811.02549 (a language model as the judge of quality).
    """
    return _mean_of(
        "judge_surprisal",
        name="judge's surprisal",
        unit="nats per symbol",
        source="Caccia et al. 2018, arXiv 1811.02549",
        direction=Direction.HUMAN,
        bounds=NOT_NEGATIVE,
        more="surprises the judge more",
        less="surprises the judge less",
    )


def _mean_of(figure: str, *, minus: float = 0.0, **description: Any) -> PieceMeasure:
    """Return a measure: the mean of a figure of the trace over a piece, minus `minus`.

    `description` holds the other attributes of the measure, such as its name.
    """

    def function(sample: Sample) -> float:
        values = sample.trace.get(figure, np.zeros(0))
        return float(values.mean()) - minus if len(values) else float("nan")

    return PieceMeasure(encodings=None, function=function, **description)
