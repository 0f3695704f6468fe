"""The results of a comparison, which can be written as JSON.

An arm is a strategy that is compared. The reference is the arm with which the others
are compared. An anchor is other music that is shown beside the arms: the human pieces,
and for example music of an n-gram model. A run is a trained model.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_music_jax.evaluation.measures.base import Direction, Measure
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.notebooks import shown_html

HUMAN = "human"


@dataclass(frozen=True)
class Row:
    """The description of one measure in a comparison; one row of the tables.

    Attributes:
      name: the measure's name.
      unit: unit of the values; "" for a share.
      source: the publication that defines the measure.
      direction: which values are good: those near the human value, low ones, or none.
      more: what music with a larger value does, such as "repeats more".
      less: what music with a smaller value does.
      primary: whether the measure was named as primary before any music was generated.
        All others are exploratory.
      kind: "piece" for one value per piece, "set" for one value per set of pieces,
        "distance" for a distance between a set of pieces and the human pieces.
      valid: whether the measure puts human music and worse music into the right order
        (see `is_valid`); None if that was not checked.
    """

    name: str
    unit: str
    source: str
    direction: Direction
    more: str
    less: str
    primary: bool
    kind: str
    valid: bool | None

    @classmethod
    def of(cls, measure: Measure, kind: str, *, primary: bool, valid: bool | None):
        """The row that describes a measure; `kind` is "piece", "set" or "distance"."""
        return cls(
            measure.name,
            measure.unit,
            measure.source,
            measure.direction,
            measure.more,
            measure.less,
            primary,
            kind,
            valid,
        )


@dataclass(frozen=True)
class Interval:
    """An estimate, and the lower and the upper end of its 95% confidence interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Estimate, bounds: tuple[float, float]) -> "Interval":
        """Return an estimate without the part of its interval that is out of bounds.

        The truth is never there, so the interval covers the truth as often as before.
        """
        ends = np.clip([found.low, found.high], *bounds)
        return cls(float(found.value), *ends.tolist())

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False for NaN."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Value:
    """The value of one measure for one arm or anchor.

    Attributes:
      mean: the mean over pieces, or the value of the set, with its interval; NaN for
        the distance of human music from itself. With several runs, it is the mean over
        the runs.
      left_out: number of pieces for which the measure is not defined, in all runs
        together; 0 for a measure of sets or distances.
      deviation: the standard deviation over the pieces of a run, averaged over runs.
        None for a measure of sets or distances, and for one that is not defined for any
        piece of some run.
    """

    mean: Interval
    left_out: int
    deviation: float | None


@dataclass(frozen=True)
class Difference:
    """How an arm differs from the reference in one measure.

    Attributes:
      change: value of the arm minus value of the reference.
      worse_by: by how much the arm is farther from a good value than the reference is;
        negative where it is nearer. For a measure of which lower values are good it
        equals `change`. For a measure that should be near the human value it is
        |arm - human| - |reference - human|, with an interval that is too wide where
        both are near the human value: there it covers the truth in up to 100% of all
        cases, not in 95%. None if the measure does not say which values are good.
      p: two-sided p-value of `change`.
      adjusted: p after Holm's correction over the primary measures of all arms; None
        for an exploratory measure.
      improvement: the probability that a piece of the arm is better than the
        reference's piece with the same given beginning and random numbers. None if
        the measure does not say which values are good, and for measures of sets and
        distances.
      detectable: the smallest true change that the test finds with a probability of
        80%. The test is that of a primary measure, also for an exploratory one.
        Infinity if the measure's bounds allow no change that is large enough.
      left_out: number of pairs of pieces that were left out, in all runs together,
        because the measure is not defined for one of them or for both; 0 for a measure
        of sets or distances.
    """

    change: Interval
    worse_by: Interval | None
    p: float
    adjusted: float | None
    improvement: Interval | None
    detectable: float
    left_out: int

    @property
    def found(self) -> bool:
        """Whether the arm differs significantly: `adjusted` is at most 0.05.

        False for an exploratory measure.
        """
        return self.adjusted is not None and self.adjusted <= 0.05


@dataclass(frozen=True)
class Comparison:
    """Everything that a comparison has found.

    Attributes:
      reference: the arm with which all others are compared.
      arms: names of the arms, the reference included.
      anchors: names of the anchors; the human pieces come first.
      rows: the measures, the primary ones first.
      values: for each arm or anchor, and each measure, the value.
      differences: for each arm but the reference, and each measure, the difference.
      pieces: number of pieces per arm and run.
      runs: number of trained models.
      human_pieces: number of human pieces.
      order: groups of anchors by which measures were checked, the better music first;
        empty if no measure was checked.
    """

    reference: str
    arms: tuple[str, ...]
    anchors: tuple[str, ...]
    rows: tuple[Row, ...]
    values: dict[str, dict[str, Value]]
    differences: dict[str, dict[str, Difference]]
    pieces: int
    runs: int
    human_pieces: int
    order: tuple[tuple[str, ...], ...] = ()

    def _repr_html_(self) -> str | None:
        return shown_html(self)

    # IPython's text; all the values would take a hundred lines.
    def _repr_pretty_(self, printer, cycle):
        printer.text(f"<Comparison of {len(self.arms)} arms, {self.scope}>")

    @property
    def primary(self) -> tuple[Row, ...]:
        """The rows of the primary measures: the few that are tested.

        They were chosen before any music was generated.
        """
        return tuple(row for row in self.rows if row.primary)

    @property
    def scope(self) -> str:
        """The data behind the result, in words: "256 pieces, one model"."""
        models = "one model" if self.runs == 1 else f"{self.runs} models"
        return f"{self.pieces} pieces, {models}"

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain values for JSON, with None for NaN."""
        return _plain(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Comparison":
        """The comparison of which `content` is the result of `to_json`."""
        content = dict(content)
        rows = [
            row | {"direction": Direction(row["direction"])} for row in content["rows"]
        ]
        return cls(
            **content
            | {
                "arms": tuple(content["arms"]),
                "anchors": tuple(content["anchors"]),
                "order": tuple(map(tuple, content["order"])),
                "rows": tuple(Row(**row) for row in rows),
                "values": _each(content["values"], _value),
                "differences": _each(content["differences"], _difference),
            }
        )


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Direction):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        # JSON has neither NaN nor infinity.
        return None if math.isnan(value) else str(value)
    return value


def _each(table, make):
    return {
        name: {measure: make(entry) for measure, entry in row.items()}
        for name, row in table.items()
    }


def _number(value):
    # The text "inf" is the only one.
    return math.nan if value is None else math.inf if value == "inf" else value


def _interval(entry):
    if entry is None:
        return None
    return Interval(**{end: _number(value) for end, value in entry.items()})


def _value(entry):
    mean, deviation = _interval(entry["mean"]), entry["deviation"]
    return Value(mean, entry["left_out"], deviation)


def _difference(entry):
    intervals = ("change", "worse_by", "improvement")
    numbers = ("p", "detectable")
    return Difference(
        **entry
        | {name: _interval(entry[name]) for name in intervals}
        | {name: _number(entry[name]) for name in numbers}
    )
