"""One run of a comparison: draws, tunes and measures its arms, each of them once.

A run is a trained model, and an arm is a strategy that is compared. The knob of an arm
is the hyperparameter that is tuned. What was drawn or found is kept in a folder, so an
interrupted comparison can go on.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from comparison_folder import ComparisonFolder, file_name
from knobs import parted
from piece_records import Maker

from lstm_music_jax import (
    Carried,
    Composition,
    Decoder,
    Encoding,
    Gumbel,
    Origin,
    Run,
    Vocabulary,
    strategies,
)
from lstm_music_jax.evaluation.comparison.arms import Arm, Tuned
from lstm_music_jax.evaluation.comparison.curves import Swept
from lstm_music_jax.evaluation.comparison.drawing import (
    Drawn,
    draw,
    draw_settings,
    report_key,
    tuning_key,
)
from lstm_music_jax.evaluation.comparison.figures import Figures
from lstm_music_jax.evaluation.comparison.matching import (
    Tuning,
    match,
    spread,
    strategy_entropies,
    surprisals,
)
from lstm_music_jax.evaluation.comparison.samples import (
    generated_samples,
    with_judge,
    with_model,
)
from lstm_music_jax.evaluation.measures.base import PieceMeasure, Sample
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies.base import Strategy

# The target entropy at which the surprisal is that of human music.
HUMAN_TARGET = "human"
# Settings and pieces of each arm's curve, and its largest entropy, as a factor.
SWEPT_SETTINGS, SWEPT_PIECES, _MOST_ENTROPY = 8, 64, 1.1


class _Source(NamedTuple):
    """A model that draws with the vocabulary and the encoding of a run."""

    model: Model
    vocabulary: Vocabulary
    encoding: Encoding


@dataclass(frozen=True)
class ComparedRun:
    """A run, and what all its arms share.

    Attributes:
        number: number of the run, from 0.
        maker: the run and its run folder; it makes the records of pieces.
        folder: the folder of the comparison, where everything is kept.
        prompts: ids of the symbols that all pieces continue, `[b p]`.
        length: number of symbols to draw per piece.
        seed: seed of the random numbers with which pieces are drawn.
        judge: another model; the surprisal of the pieces under it is measured.
        ancestral: ancestral sampling as an arm; its knob is the temperature.
        measured: for each piece, its value of each measure, by name.
    """

    number: int
    maker: Maker
    folder: ComparisonFolder
    prompts: jax.Array
    length: int
    seed: int
    judge: Model
    ancestral: Arm
    measured: dict[Sample, Figures] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The model, its vocabulary and its encoding."""
        return self.maker.loaded

    def record(
        self,
        sample: Sample,
        number: int,
        strategy: Strategy,
        decoder: Decoder | None = None,
        text: str | None = None,
    ) -> str | None:
        """Return the record of a piece that a strategy drew with the run's own model.

        A record says what made a piece, so that it can be drawn again. None if the
        strategy holds the secret key of a watermark.

        Args:
            sample: the piece.
            number: its number among the pieces of the strategy.
            strategy: the strategy.
            decoder: the decoder that drew it; None for single streams.
            text: the expression of the arm; by default the `repr` of the strategy.
        """
        of_decoder, of_strategy = (None, None) if text is None else parted(text)
        origin = Origin(
            prompt=np.asarray(self.prompts)[number],
            key=report_key(self.seed),
            stream=number,
            streams=len(self.prompts),
            strategy=strategy,
            context=Carried(),
            draw=Gumbel(),
            decoder=decoder,
            notes=None,
            length=self.length,
            keep_primer=True,
            until_end=False,
            ill_formed=False,
            unseen=False,
        )
        symbols = self.run.vocabulary.symbols_of(sample.ids)
        piece = Composition(symbols, sample.score, 0, False, 0, None, origin)
        maker = dataclasses.replace(
            self.maker, strategy=of_strategy, decoder=of_decoder
        )
        return maker.record(piece)

    def samples(
        self,
        name: str,
        strategy: Strategy,
        model: Model | None = None,
        decoder: Decoder | None = None,
    ) -> list[Sample]:
        """Return the pieces of a strategy that are reported, one per prompt.

        They are drawn with other random numbers than the pieces for tuning. If they
        were drawn before, they are read from their file.

        Args:
            name: name of the file that keeps them.
            strategy: the strategy.
            model: another model to draw from, with the same vocabulary. Entropy and
                surprisal are still those of the run's own model.
            decoder: the decoder that draws the pieces; None for single streams.
        """
        source = _Source(
            model or self.run.model, self.run.vocabulary, self.run.encoding
        )
        drawn = self.folder.drawn(
            self._file(name),
            lambda: draw(
                source,
                self.prompts,
                report_key(self.seed),
                strategy,
                length=self.length,
                decoder=decoder,
            ),
        )
        samples = generated_samples(self.run, np.asarray(self.prompts), drawn)
        if model is not None:
            samples = with_model(self.run, samples)
        return self.judged(samples)

    def judged(self, samples: list[Sample]) -> list[Sample]:
        """Return the pieces with their surprisal under the judge in their traces."""
        return with_judge(self.run, self.judge, samples)

    def measure(
        self, name: str, samples: Sequence[Sample], measures: Sequence[PieceMeasure]
    ) -> None:
        """Measure pieces, and keep the values in a file of this name and in memory."""
        self.folder.measure(self._file(name), measures, samples, self.measured)

    def targets(self, names: Sequence[str], human_surprisal: float) -> dict[str, float]:
        """Return the target entropy of each name, nats.

        A name is a number, such as "0.9": a factor of the entropy of ancestral
        sampling. Or it is "human": then the temperature of ancestral sampling is tuned
        until the surprisal is that of the human pieces, `human_surprisal`. The target
        is the entropy with this temperature.
        """

        def find():
            tuning, chain = self._tuning(), strategies.Chain()
            entropy = tuning.mean(chain)
            targets = {}
            for name in names:
                if name != HUMAN_TARGET:
                    targets[name] = float(name) * entropy
                    continue
                (tuned,) = match(
                    self.ancestral,
                    [human_surprisal],
                    dataclasses.replace(tuning, figure=surprisals),
                )
                assert tuned.value is not None
                targets[name] = tuning.mean(self.ancestral.setting(tuned.value))
            return targets

        return self.folder.content(
            f"tuned/{self._file('targets-' + '-'.join(names))}", find
        )

    def tuned(self, number: int, arm: Arm, targets: Sequence[float]) -> list[Tuned]:
        """Tune the knob of an arm to each target entropy; `number` is the arm's."""
        found = self.folder.content(
            f"tuned/{self._file(file_name(number, arm.name))}",
            lambda: [one._asdict() for one in match(arm, targets, self._tuning())],
        )
        return [Tuned(**entries) for entries in found]

    def swept(self, number: int, arm: Arm, entropy: float) -> Swept:
        """Draw an arm with values of its knob that reach evenly spread entropies.

        Args:
            number: number of the arm.
            arm: an arm with a knob that can be tuned.
            entropy: the entropy of ancestral sampling, nats. The largest one that is
                drawn is 1.1 times as much.
        """
        file, knob = self._file(file_name(number, f"swept-{arm.name}")), arm.knob
        assert knob is not None
        means, highest = partial(self._tuning().means, arm), _MOST_ENTROPY * entropy
        values = self.folder.content(
            f"tuned/{file}",
            lambda: spread(knob, SWEPT_SETTINGS, highest, means).tolist(),
        )
        prompts = self.prompts[:SWEPT_PIECES]

        def draw_all():
            settings = draw_settings(
                self.run,
                prompts,
                report_key(self.seed),
                [*map(arm.setting, values)],
                length=self.length,
                decoder=arm.decoder,
            )
            return Drawn(
                np.concatenate([each.tokens for each in settings]),
                {
                    name: np.concatenate([each.trace[name] for each in settings])
                    for name in settings[0].trace
                },
            )

        drawn = self.folder.drawn(file, draw_all)
        repeated = np.tile(np.asarray(prompts), (len(values), 1))
        samples = self.judged(generated_samples(self.run, repeated, drawn))
        size = len(prompts)
        parts = [samples[k * size : (k + 1) * size] for k in range(len(values))]
        return Swept(arm.expression(None), values, parts)

    def _tuning(self):
        key = tuning_key(self.seed)
        return Tuning(self.run, self.prompts, key, self.length, strategy_entropies)

    def _file(self, name):
        return f"run-{self.number}-{name}"
