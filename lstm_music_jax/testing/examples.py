"""The list of all strategies, with example hyperparameters for each.

The laws are tested on these examples, the benchmarks time them, and the table in the
README is made from them. Thresholds for probabilities are not round numbers, because
with round numbers a threshold may be met exactly, and then rounding decides.

Some strategies also need a model, a context, a vocabulary, an encoding, a corpus or an
automaton. These arguments are called the surroundings. They are left out here, and
`Example.make` adds them.
"""

import dataclasses
from typing import Any, NamedTuple

from lstm_music_jax import strategies as s
from lstm_music_jax.strategies.base import Strategy

# The names of the arguments that the examples leave out.
SURROUNDINGS = ("model", "context", "vocabulary", "encoding", "corpus", "automaton")


class Example(NamedTuple):
    """A strategy class and example arguments for it, without the surroundings.

    Attributes:
        strategy: the class.
        arguments: its positional arguments.
        settings: its keyword arguments.
    """

    strategy: type[Strategy]
    arguments: tuple[Any, ...]
    settings: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the strategy class."""
        return self.strategy.__name__

    @property
    def needs(self) -> set[str]:
        """Names of the surroundings that the strategy needs, such as "vocabulary"."""
        fields = {field.name for field in dataclasses.fields(self.strategy)}
        return fields.intersection(SURROUNDINGS)

    def make(self, **surroundings: Any) -> Strategy:
        """Make the strategy; surroundings that it does not need are ignored."""
        needed = {name: surroundings[name] for name in self.needs}
        return self.strategy(*self.arguments, **self.settings, **needed)


def example(strategy: type[Strategy], *arguments: Any, **settings: Any) -> Example:
    """Return the example of a strategy, with positional and keyword arguments."""
    return Example(strategy, arguments, settings)


EXAMPLES: tuple[Example, ...] = (
    example(s.Chain, s.RepetitionPenalty(1.2), s.Temperature(0.9), s.TopP(0.93)),
    example(s.Temperature, 0.87),
    example(s.DynamicTemperature, low=0.31, high=1.73, exponent=1.3),
    example(s.EDT, temperature=0.93, theta=0.13),
    example(s.QuadraticSmoothing, factor=0.21, curve=1.7),
    example(s.Greedy),
    example(s.TopK, 3),
    example(s.TopP, 0.87),
    example(s.MinP, 0.13),
    example(s.TopA, 0.23),
    example(s.Typical, 0.87),
    example(s.EpsilonCutoff, 0.031),
    example(s.EtaCutoff, 0.031),
    example(s.TopNSigma, 1.1),
    example(s.TopH, 0.43),
    example(s.TailFree, 0.93),
    example(s.XTC, threshold=0.11, probability=0.6),
    example(s.RepetitionPenalty, 1.2),
    example(s.FrequencyPenalty, 0.57),
    example(s.PresencePenalty, 0.57),
    example(s.NoRepeatNgram, 3),
    example(s.DRY, multiplier=0.83, base=1.71, allowed_length=1),
    example(s.Mirostat1, tau=1.93, eta=0.27),
    example(s.Mirostat2, tau=1.93, eta=0.27),
    example(s.AdaptiveP, target=0.37, decay=0.83),
    example(s.LookBack, alpha=0.57, k=3),
    example(s.LoopBreaker, n=16, repeats=2, factor=1.37),
    example(s.Bias, ids=[1, 2, 2], values=[0.7, -2.3, 1.1]),
    example(s.Forbid, [1, 2]),
    example(s.Allow, [1, 5, 6, 11]),
    example(s.Force, positions=[1, 4], tokens=[3, 7]),
    example(s.MinLength, 3, stop=5),
    example(s.ExponentialDecayLength, 3, 1.13, stop=5),
    example(s.Guidance, scale=1.37, prompt=[2, 3]),
    example(s.Contrastive, alpha=0.13),
    example(s.ProductOfExperts, weight=0.57),
    example(s.SequenceBias, [[12, 15], [10, 12, 15], [7]], biases=[0.7, -2.3, 1.1]),
    example(s.Watermark, 7919, gamma=0.27, delta=1.37),
    example(s.CopyLimit, 2),
    example(s.Obey, length=7),
    example(s.PitchRange, low=50, high=66),
    example(s.InKey, tonic=9, scale=s.MINOR),
    example(s.MaxLeap, semitones=5),
    example(s.NoLongRest, ticks=11),
    example(s.WellFormed),
    example(
        s.TransformersOrder,
        s.RepetitionPenalty(1.13),
        s.NoRepeatNgram(3),
        s.Temperature(0.87),
        s.TopK(7),
        s.EtaCutoff(0.031),
    ),
    example(
        s.LlamaCppOrder,
        s.RepetitionPenalty(1.13),
        s.DRY(0.83),
        s.TopK(7),
        s.MinP(0.023),
        s.Temperature(0.87),
    ),
)
