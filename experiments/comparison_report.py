"""The tables of a comparison: strategies as set and at equal entropy, with anchors."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np
from compared_run import ComparedRun
from comparison_folder import ComparisonFolder, file_name, fingerprint
from comparison_page import (
    AS_SET,
    LISTENING,
    PAGE,
    REPORT,
    Content,
    Table,
    write_pages,
)
from copy_search import CopySearch, copy_search
from ngram_models import TRIGRAM, UNIGRAM
from piece_report import Shown, explanation, played_pieces, read_piece

from lstm_music_jax import Dataset, NGram, strategies, write_midi
from lstm_music_jax.evaluation.anchors.shuffled import shuffled
from lstm_music_jax.evaluation.comparison.analysis import compare
from lstm_music_jax.evaluation.comparison.arms import Arm
from lstm_music_jax.evaluation.comparison.curves import Curve, curves
from lstm_music_jax.evaluation.comparison.distances import chosen, distances_from_human
from lstm_music_jax.evaluation.comparison.figures import remembered
from lstm_music_jax.evaluation.comparison.listening import Pair, listening_pairs
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.comparison.results import HUMAN
from lstm_music_jax.evaluation.comparison.samples import given_samples, with_model
from lstm_music_jax.evaluation.comparison.standard import Standard
from lstm_music_jax.evaluation.comparison.votes import Votes, require_known
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.statistics.resampling import Resamples
from lstm_music_jax.report.page.blind import Blind
from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.report.votes_tables import votes_parts
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.system.progress import tracked

ANCESTRAL, GREEDY, TRAINING = "ancestral sampling", "greedy", "training pieces"
SHUFFLED, ANCHORS = "shuffled", "anchors"
# The groups of anchors that a valid measure puts in order, the better music first.
_ORDER = ((TRIGRAM,), (UNIGRAM, SHUFFLED))
_HUMAN_PLAYED = 4


@dataclass
class Report:
    """Draws and measures what each table needs, and compares.

    Attributes:
        folder: where everything is kept.
        runs: the runs.
        human: the human pieces of each run.
        standard: the measures of each run.
        seed: seed of the resamples.
        resamples: number of resamples.
        tables: the tables so far.
        anchors: the anchors so far.
        lines: for each run, the curves of all arms in each primary measure.
        missed: targets that ancestral sampling does not reach, so they have no table.
        played: pieces to hear, by the condition of their table; those of the anchors
            have the name `ANCHORS`.
        search: the search for copied passages; None before the anchors are drawn.
        pairs: pairs for blind listening.
    """

    folder: ComparisonFolder
    runs: Sequence[ComparedRun]
    human: Sequence[Sequence[Sample]]
    standard: Sequence[Standard]
    seed: int
    resamples: int
    tables: list[Table] = field(default_factory=list)
    anchors: list[Pieces] = field(default_factory=list)
    lines: list[dict[str, list[Curve]]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    played: dict[str, list[Shown]] = field(default_factory=dict)
    search: CopySearch | None = None
    pairs: list[Pair] = field(default_factory=list)

    def draw_anchors(self, data: Dataset, ngrams: Mapping[str, NGram]) -> None:
        """Measure the human pieces, and draw and measure the anchors.

        Args:
            data: the pieces of training.
            ngrams: n-gram models by name. They draw with the primers, the noise and the
                forbidden symbols of the strategies.
        """
        self._measured(HUMAN, self.human)
        self.search = copy_search(self.runs[0].run, data)
        rng = np.random.default_rng(self.seed)
        for piece in rng.permutation(len(self.human[0]))[:_HUMAN_PLAYED].tolist():
            self._play(ANCHORS, f"{HUMAN}, piece {piece}", self.human[0][piece])
        length, primer = self.runs[0].length, self.human[0][0].primer
        # As many as the arms have, spread evenly, so that they are as quickly measured.
        step = max(1, len(data.train) // len(self.runs[0].prompts))
        training = [data.train[i] for i in range(0, len(data.train), step)]
        given = [
            each.judged(given_samples(each.run, training, length, primer))
            for each in self.runs
        ]
        self.anchors.append(Pieces(TRAINING, self._measured(TRAINING, given)))
        self.anchors.append(
            self._drawn(0, GREEDY, [strategies.Greedy()] * len(given), ANCHORS)
        )
        for name, model in ngrams.items():
            chains = [strategies.Chain()] * len(given)
            self.anchors.append(self._drawn(0, name, chains, ANCHORS, model=model))
        self.anchors.append(
            Pieces(SHUFFLED, self._measured(SHUFFLED, self._shuffled()))
        )

    def compare_as_set(self, arms: Sequence[Sequence[Arm]]) -> None:
        """Compare the strategies with the numbers in their expressions.

        Args:
            arms: for each run, the arms.
        """
        reference = self._drawn(0, ANCESTRAL, [strategies.Chain()] * len(arms), AS_SET)
        pieces, names = [reference], {self.runs[0].ancestral.name: ANCESTRAL}
        all_arms = [*zip(*arms, strict=True)]
        for number, of_runs in enumerate(
            tracked(all_arms, "drawing strategy", names=_names(all_arms)), start=1
        ):
            name = names[of_runs[0].name] = own_name(of_runs[0])
            of_arm = [arm.strategy for arm in of_runs]
            pieces.append(self._drawn(number, name, of_arm, AS_SET, text=name))
        self._compare(AS_SET, pieces, names)

    def compare_matched(
        self, arms: Sequence[Sequence[Arm]], targets: Sequence[str]
    ) -> None:
        """Compare the strategies at each target entropy.

        Ancestral sampling takes part with its temperature as knob. A strategy that does
        not reach the target with every run is left out of the table. A target that
        ancestral sampling does not reach has no table.
        """
        found = [
            self._tuned(number, [each.ancestral, *of_run], targets)
            for number, (each, of_run) in enumerate(zip(self.runs, arms, strict=True))
        ]
        for place, target in enumerate(targets):
            tuned = [[of_arm[place] for of_arm in of_run] for of_run in found]
            self._compare_at(target, arms, tuned)

    def draw_curves(self, arms: Sequence[Sequence[Arm]]) -> None:
        """Write the primary measures of each arm over the entropy, for each run.

        Ancestral sampling takes part with its temperature as knob.
        """
        for each, of_run, human, standard in zip(
            self.runs, arms, self.human, self.standard, strict=True
        ):
            entropy = each.targets(("1",), mean_surprisal(human))["1"]
            swept = [
                each.swept(number, arm, entropy)
                for number, arm in enumerate(
                    tracked([each.ancestral, *of_run], "curve of strategy")
                )
                if arm.tunable
            ]
            found = {}
            for measure in chain(*standard.measures):
                if measure.name not in standard.primary:
                    continue
                resamples = Resamples(self.resamples, self.seed)
                try:
                    found[measure.name] = curves(swept, human, measure, resamples)
                except ValueError as error:
                    print(f"no curves of {measure.name}: {error}")
            self.lines.append(found)
        content = [
            {name: [*map(_curve_json, lines)] for name, lines in of_run.items()}
            for of_run in self.lines
        ]
        write_atomically(
            self.folder.path / "curves.json", json.dumps(content, indent=1) + "\n"
        )

    def write(
        self,
        held_out: int,
        command: str,
        settings: dict[str, Any],
        votes: Votes,
    ) -> None:
        """Write the results, the pages and their pictures; print what was found.

        Args:
            held_out: number of held-out pieces, with those that are too short.
            command: the command that made the folder.
            settings: the settings of the comparison.
            votes: votes of listeners.

        Raises:
            ValueError: a vote is about a pair that the comparison does not have.
        """
        require_known(votes.votes, [pair.name for pair in self.pairs])
        for table in self.tables:
            content = {
                "sentence": table.sentence,
                "comparison": table.comparison.to_json(),
                "tuned": [[one._asdict() for one in run] for run in table.tuned],
            }
            write_atomically(
                self.folder.path / f"{table.file}.json",
                json.dumps(content, indent=1) + "\n",
            )
            print(table.sentence)
            for one in table.unreachable:
                print(
                    f"{one.arm}: unreachable; its entropy is {one.entropy:.3f} at "
                    f"{one.strategy}, and {one.target:.3f} was the target"
                )
        for target in self.missed:
            print(f"{target}: no table, because {ANCESTRAL} does not reach this target")
        played = self._judged()
        write_pages(
            Content(
                self.folder.path,
                self.tables,
                self.lines,
                compared=self.standard[0].loops_and_copies,
                held_out=held_out,
                command=command,
                settings=settings,
                played=played,
                anchors=played[ANCHORS],
                explanation=explanation(self.search),
                blind=Blind(fingerprint(settings), self.pairs),
                votes=votes_parts(votes) if votes.votes else (),
            )
        )
        print(f"tables and pictures: {self.folder.path / PAGE}")
        print(f"to see and hear in a browser: {self.folder.path / REPORT}")
        print(f"for listeners, without results: {self.folder.path / LISTENING}")

    def _tuned(self, number, arms, targets):
        surprisal = mean_surprisal(self.human[number])
        entropies = self.runs[number].targets(targets, surprisal)
        values = [entropies[target] for target in targets]
        return [
            self.runs[number].tuned(place, arm, values)
            for place, arm in enumerate(
                tracked(arms, "tuning strategy", names=[arm.name for arm in arms])
            )
        ]

    def _compare_at(self, target, arms, tuned):
        pieces = []
        names: dict[str, str] = {}
        for place in tracked(range(len(tuned[0])), f"drawing at {target}, strategy"):
            of_runs = [of_run[place] for of_run in tuned]
            if not all(one.reached for one in of_runs):
                continue
            settings = [
                self._setting(number, place, arms, one)
                for number, one in enumerate(of_runs)
            ]
            name = of_runs[0].strategy if len(tuned) == 1 else of_runs[0].arm
            name = name if place else ANCESTRAL
            known = name in names.values()
            names[of_runs[0].arm] = name
            if known:
                continue
            file = f"{target}-{name}"
            text = of_runs[0].strategy
            pieces.append(
                self._drawn(place, name, settings, target, file=file, text=text)
            )
        if not pieces or pieces[0].name != ANCESTRAL:
            self.missed.append(target)
            return
        self._compare(target, pieces, names, tuned)

    def _setting(self, number, place, arms, one) -> Strategy:
        arm = arms[number][place - 1] if place else self.runs[number].ancestral
        return arm.setting(one.value)

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

    def _drawn(
        self, number, name, of_runs, condition, *, file=None, model=None, text=None
    ) -> Pieces:
        file = file_name(number, file or name)
        samples = [
            each.samples(file, strategy, model)
            for each, strategy in zip(self.runs, of_runs, strict=True)
        ]
        self._measured(file, samples)
        # The model of an anchor is in no run folder, so its music has no record.
        strategy = of_runs[0] if model is None else None
        self._write_midi(condition, name, file, samples[0], strategy, text)
        return Pieces(name, samples)

    def _write_midi(self, condition, name, file, samples, strategy, text):
        """Write the median and the worst piece of an arm, with the first run."""
        distances = distances_from_human(
            self.standard[0].measures.pieces,
            samples,
            self.human[0],
            self.runs[0].measured,
        )
        for word, piece in chosen(distances)._asdict().items():
            path = self.folder.path / "midi" / f"{file}-{word}.mid"
            record = strategy and self.runs[0].record(
                samples[piece], piece, strategy, text
            )
            write_midi(samples[piece].score, path, record=record)
            facts = {"piece": piece, "file": f"midi/{path.name}"}
            self._play(condition, f"{name}, {word} piece", samples[piece], facts)

    def _play(self, condition, name, sample, facts=None):
        shown = Shown(name, read_piece(self.runs[0].run, sample), facts or {})
        self.played.setdefault(condition, []).append(shown)

    def _judged(self) -> dict[str, list[PlayedPiece]]:
        """Return the pieces to hear, with what the first run thinks of their notes."""
        assert self.search is not None
        shown = [each for of_condition in self.played.values() for each in of_condition]
        judged = iter(played_pieces(self.runs[0].run, shown, self.search))
        return {
            condition: [*islice(judged, len(of_condition))]
            for condition, of_condition in self.played.items()
        }

    def _measured(self, file, samples):
        for each, of_run, standard in zip(
            self.runs, samples, self.standard, strict=True
        ):
            each.measure(file, of_run, standard.measures.pieces)
        return samples

    def _compare(self, condition, pieces, names, tuned=()):
        table = {}
        for each in self.runs:
            table |= each.measured
        comparison = compare(
            pieces,
            self.human,
            self.anchors,
            reference=ANCESTRAL,
            primary=self.standard[0].primary,
            measures=remembered(self.standard[0].measures, table),
            order=_ORDER,
            seed=self.seed,
            resamples=self.resamples,
        )
        self.tables.append(Table(condition, comparison, names, tuned))
        in_short = self.tables[-1].file.replace("-", " ")
        for arm in pieces[1:]:
            self.pairs += listening_pairs(in_short, pieces[0], arm, seed=self.seed)


def _curve_json(curve):
    """Return a curve as JSON."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in curve._asdict().items()
    } | {
        name: dataclasses.asdict(getattr(curve, name))
        for name in ("mean_height", "change")
    }


def _names(arms: Sequence[Sequence[Arm]]) -> list[str]:
    return [own_name(of_runs[0]) for of_runs in arms]


def own_name(arm: Arm) -> str:
    """Return the expression of an arm without the mark of its knob."""
    return arm.name if arm.knob is None else arm.expression(arm.knob.value)


def mean_surprisal(samples: Sequence[Sample]) -> float:
    """Return the mean surprisal of pieces under the model, nats per symbol."""
    return float(np.mean([sample.trace["surprisal"].mean() for sample in samples]))
