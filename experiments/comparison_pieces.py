"""The pieces of a comparison: drawn, measured, written, and chosen to be heard.

An arm is a strategy that is compared. An anchor is other music beside the arms, such as
music of an n-gram model. A run is a trained model. The condition says how the arms are
compared: as they were given, or at equal entropy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from compared_run import ComparedRun
from comparison_folder import ComparisonFolder, file_name
from copy_search import CopySearch
from piece_report import Shown, played_pieces, read_piece

from lstm_music_jax import Dataset, Decoder, NGram, strategies, write_midi
from lstm_music_jax.evaluation.anchors.shuffled import shuffled
from lstm_music_jax.evaluation.comparison.distances import chosen, distances_from_human
from lstm_music_jax.evaluation.comparison.figures import Figures
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.comparison.results import HUMAN
from lstm_music_jax.evaluation.comparison.samples import given_samples, with_model
from lstm_music_jax.evaluation.comparison.standard import Standard
from lstm_music_jax.evaluation.kept_promises import Kept, kept_promises
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.system.progress import tracked

GREEDY, TRAINING, SHUFFLED = "greedy", "training pieces", "shuffled"
ANCHORS = "anchors"
_HUMAN_PLAYED = 4


@dataclass
class ComparedPieces:
    """Draws and measures the pieces of the arms and of the anchors, with each run.

    Attributes:
        folder: the folder of the comparison, where everything is kept.
        runs: the runs.
        human: the human pieces of each run.
        standard: the measures of each run.
        seed: seed of the human pieces to hear, and of the shuffled ones.
        promises: for each condition, the promises of each arm.
        played: pieces to hear, by the condition of their table; those of the anchors
            have the name `ANCHORS`.
    """

    folder: ComparisonFolder
    runs: Sequence[ComparedRun]
    human: Sequence[Sequence[Sample]]
    standard: Sequence[Standard]
    seed: int
    promises: dict[str, dict[str, list[Kept]]] = field(default_factory=dict)
    played: dict[str, list[Shown]] = field(default_factory=dict)

    def anchors(self, data: Dataset, ngrams: Mapping[str, NGram]) -> list[Pieces]:
        """Measure the human pieces; draw, measure and return the anchors.

        Args:
            data: the dataset that holds the training pieces.
            ngrams: n-gram models by name. They draw with the same primers, random
                numbers and forbidden symbols as the strategies.
        """
        self._measured(HUMAN, self.human)
        rng = np.random.default_rng(self.seed)
        for piece in rng.permutation(len(self.human[0]))[:_HUMAN_PLAYED].tolist():
            self._play(ANCHORS, f"{HUMAN}, piece {piece}", self.human[0][piece])
        greedy, chain = (
            [strategy] * len(self.runs)
            for strategy in (strategies.Greedy(), strategies.Chain())
        )
        drawn = {GREEDY: (greedy, None)} | {
            name: (chain, model) for name, model in ngrams.items()
        }
        names = [TRAINING, *drawn, SHUFFLED]
        anchors = []
        for name in tracked(names, "measuring anchor", names=names):
            if name in drawn:
                strategy, model = drawn[name]
                anchors.append(self.drawn(0, name, strategy, ANCHORS, model=model))
            else:
                given = self._training(data) if name == TRAINING else self._shuffled()
                anchors.append(Pieces(name, self._measured(name, given)))
        return anchors

    def drawn(
        self,
        number: int,
        name: str,
        of_runs: Sequence[strategies.Strategy],
        condition: str,
        *,
        decoders: Sequence[Decoder | None] | None = None,
        file: str | None = None,
        model: NGram | None = None,
        text: str | None = None,
    ) -> Pieces:
        """Draw the pieces of an arm or an anchor with each run, and measure them.

        The pieces with the median and with the largest distance from human music are
        written as MIDI files, to be heard.

        Args:
            number: number of the arm in its table.
            name: its name.
            of_runs: its strategy for each run.
            condition: the condition of its table, or `ANCHORS`.
            decoders: its decoder for each run; by default none.
            file: name of its files; by default `name`.
            model: the model that draws; by default that of each run.
            text: the expression of the arm; by default the `repr` of the strategy.
        """
        decoders = decoders or [None] * len(self.runs)
        file = file_name(number, file or name)
        samples = [
            each.samples(file, strategy, model, decoder)
            for each, strategy, decoder in zip(
                self.runs, of_runs, decoders, strict=True
            )
        ]
        self._measured(file, samples)
        for place, (strategy, of_run) in enumerate(zip(of_runs, samples, strict=True)):
            kept = kept_promises(strategy, [sample.generated for sample in of_run])
            arm = name if len(of_runs) == 1 else f"{name}, model {place + 1}"
            self.promises.setdefault(condition, {})[arm] = kept
        # The model of an anchor is in no run folder, so its music has no record.
        made = None if model is not None else (of_runs[0], decoders[0], text)
        self._write_midi(condition, name, file, samples[0], made)
        return Pieces(name, samples)

    def judged(self, search: CopySearch) -> dict[str, list[PlayedPiece]]:
        """Return the pieces to hear, by condition, with figures of their notes.

        Args:
            search: finds copied passages. The surprisal of the notes is that of the
                first run.
        """
        shown = [each for of_condition in self.played.values() for each in of_condition]
        judged = iter(played_pieces(self.runs[0].run, shown, search))
        return {
            condition: [*islice(judged, len(of_condition))]
            for condition, of_condition in self.played.items()
        }

    def figures(self) -> dict[Sample, Figures]:
        """Return, for each measured piece, its value of each measure, by name."""
        return {
            sample: figures
            for each in self.runs
            for sample, figures in each.measured.items()
        }

    def _training(self, data):
        """Return training pieces of each run, as many as an arm has."""
        # Evenly spread ones; all of them would take long to measure.
        step = max(1, len(data.train) // len(self.runs[0].prompts))
        pieces = [data.train[i] for i in range(0, len(data.train), step)]
        length, primer = self.runs[0].length, self.human[0][0].primer
        return [
            each.judged(given_samples(each.run, pieces, length, primer))
            for each in self.runs
        ]

    def _shuffled(self):
        """Return the human pieces of each run, with their symbols in random order."""
        samples = []
        for each, human in zip(self.runs, self.human, strict=True):
            primer = human[0].primer
            mixed = shuffled(
                [sample.ids for sample in human],
                np.random.default_rng(self.seed),
                primer=primer,
            )
            given = given_samples(each.run, mixed, each.length, primer)
            samples.append(each.judged(with_model(each.run, given)))
        return samples

    def _write_midi(self, condition, name, file, samples, made):
        """Write the median and the worst piece that an arm drew with the first run.

        `made` is the strategy, the decoder and the expression, for the record; None for
        music that has no record.
        """
        distances = distances_from_human(
            self.standard[0].measures.pieces,
            samples,
            self.human[0],
            self.runs[0].measured,
        )
        for word, piece in chosen(distances)._asdict().items():
            path = self.folder.path / "midi" / f"{file}-{word}.mid"
            record = made and self.runs[0].record(samples[piece], piece, *made)
            write_midi(samples[piece].score, path, record=record)
            facts = {"piece": piece, "file": f"midi/{path.name}"}
            self._play(condition, f"{name}, {word} piece", samples[piece], facts)

    def _play(self, condition, name, sample, facts=None):
        shown = Shown(name, read_piece(self.runs[0].run, sample), facts or {})
        self.played.setdefault(condition, []).append(shown)

    def _measured(self, file, samples):
        for each, of_run, standard in zip(
            self.runs, samples, self.standard, strict=True
        ):
            each.measure(file, of_run, standard.measures.pieces)
        return samples
