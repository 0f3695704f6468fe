"""The tables of a comparison: strategies as set and at equal entropy, with anchors.

An arm is a strategy that is compared. Its knob is the hyperparameter that is tuned so
that all arms have equal entropy. An anchor is other music that is shown beside the
arms. A run is a trained model.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from comparison_folder import fingerprint
from comparison_page import AS_SET, Content, Table, write_pages
from comparison_pieces import ANCHORS, SHUFFLED, ComparedPieces
from copy_search import copy_search
from ngram_models import TRIGRAM, UNIGRAM
from piece_report import explanation

from lstm_music_jax import Dataset, strategies
from lstm_music_jax.evaluation.comparison.analysis import compare
from lstm_music_jax.evaluation.comparison.arms import Arm
from lstm_music_jax.evaluation.comparison.curves import Curve, curves
from lstm_music_jax.evaluation.comparison.figures import remembered
from lstm_music_jax.evaluation.comparison.listening import Pair, listening_pairs
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.comparison.votes import Votes, require_known
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.statistics.resampling import Resamples
from lstm_music_jax.report.page.blind import Blind
from lstm_music_jax.report.votes_tables import votes_parts
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.system.progress import tracked

ANCESTRAL = "ancestral sampling"
# The groups of anchors that a valid measure puts in order, the better music first.
_ORDER = ((TRIGRAM,), (UNIGRAM, SHUFFLED))


@dataclass
class Report:
    """Has the pieces of each table drawn, and compares them.

    Attributes:
        pieces: draws and measures the pieces.
        anchors: the pieces of the anchors.
        seed: seed of the resamples.
        resamples: number of resamples.
        tables: the comparisons so far, one per condition.
        lines: for each run and primary measure, the curves of all arms over the
            entropy.
        missed: names of the target entropies that ancestral sampling does not reach, so
            they have no table.
        pairs: pairs of excerpts for blind listening.
    """

    pieces: ComparedPieces
    anchors: Sequence[Pieces]
    seed: int
    resamples: int
    tables: list[Table] = field(default_factory=list)
    lines: list[dict[str, list[Curve]]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    def compare_as_set(self, arms: Sequence[Sequence[Arm]]) -> None:
        """Compare the strategies with the hyperparameters in their expressions.

        Args:
            arms: for each run, the arms.
        """
        reference = self.pieces.drawn(
            0, ANCESTRAL, [strategies.Chain()] * len(arms), AS_SET
        )
        pieces, names = [reference], {self.pieces.runs[0].ancestral.name: ANCESTRAL}
        all_arms = [*zip(*arms, strict=True)]
        for number, of_runs in enumerate(
            tracked(all_arms, "drawing strategy", names=_names(all_arms)), start=1
        ):
            name = names[of_runs[0].name] = own_name(of_runs[0])
            of_arm = [arm.strategy for arm in of_runs]
            decoders = [arm.decoder for arm in of_runs]
            pieces.append(
                self.pieces.drawn(
                    number, name, of_arm, AS_SET, decoders=decoders, text=name
                )
            )
        self._compare(AS_SET, pieces, names)

    def compare_matched(
        self, arms: Sequence[Sequence[Arm]], targets: Sequence[str]
    ) -> None:
        """Compare the strategies at each target entropy, given by its name.

        A name is "human", or a factor of the entropy of ancestral sampling. Ancestral
        sampling takes part with its temperature as knob. A strategy that does not reach
        the target with every run is left out of the table. A target that ancestral
        sampling does not reach has no table.
        """
        found = [
            self._tuned(number, [each.ancestral, *of_run], targets)
            for number, (each, of_run) in enumerate(
                zip(self.pieces.runs, arms, strict=True)
            )
        ]
        for place, target in enumerate(targets):
            tuned = [[of_arm[place] for of_arm in of_run] for of_run in found]
            self._compare_at(target, arms, tuned)

    def draw_curves(self, arms: Sequence[Sequence[Arm]]) -> None:
        """Compute and write the curves of each run: primary measures over the entropy.

        Ancestral sampling takes part with its temperature as knob.
        """
        for each, of_run, human, standard in zip(
            self.pieces.runs, arms, self.pieces.human, self.pieces.standard, strict=True
        ):
            entropy = each.targets(("1",), mean_surprisal(human))["1"]
            swept = [
                each.swept(number, arm, entropy)
                for number, arm in enumerate(
                    tracked([each.ancestral, *of_run], "curve of strategy")
                )
                if arm.tunable
            ]
            measures = {each.name: each for each in chain(*standard.measures)}
            found = {}
            # In the order of the columns of the other primary tables.
            for name in standard.primary:
                resamples = Resamples(self.resamples, self.seed)
                try:
                    found[name] = curves(swept, human, measures[name], resamples)
                except ValueError as error:
                    print(f"no curves of {name}: {error}")
            self.lines.append(found)
        content = [
            {name: [*map(_curve_json, lines)] for name, lines in of_run.items()}
            for of_run in self.lines
        ]
        write_atomically(
            self.pieces.folder.path / "curves.json",
            json.dumps(content, indent=1) + "\n",
        )

    def write(
        self,
        data: Dataset,
        command: str,
        settings: dict[str, Any],
        votes: Votes,
    ) -> None:
        """Write the results, the pages and their pictures; print what was found.

        Args:
            data: the pieces of training, and all held-out pieces.
            command: the command that made the folder.
            settings: the settings of the comparison.
            votes: votes of listeners.

        Raises:
            ValueError: a vote is about a pair that the comparison does not have.
        """
        require_known(votes.votes, self.pairs)
        for table in self.tables:
            self._write_table(table)
        for target in self.missed:
            print(f"{target}: no table, because {ANCESTRAL} does not reach this target")
        search = copy_search(self.pieces.runs[0].run, data)
        played = self.pieces.judged(search)
        write_pages(
            Content(
                self.pieces.folder.path,
                self.tables,
                self.lines,
                compared=self.pieces.standard[0].loops_and_copies,
                held_out=len(data.validation),
                command=command,
                settings=settings,
                promises=self.pieces.promises,
                played=played,
                anchors=played[ANCHORS],
                explanation=explanation(search),
                blind=Blind(fingerprint(settings), self.pairs),
                votes=votes_parts(votes) if votes.votes else (),
            )
        )

    def _write_table(self, table):
        content = {
            "sentence": table.sentence,
            "comparison": table.comparison.to_json(),
            "tuned": [[one._asdict() for one in run] for run in table.tuned],
        }
        text = json.dumps(content, indent=1) + "\n"
        write_atomically(self.pieces.folder.path / f"{table.file}.json", text)
        print(table.sentence)
        for one in table.unreachable:
            print(
                f"{one.arm}: unreachable; its entropy is {one.entropy:.3f} at "
                f"{one.strategy}, and {one.target:.3f} was the target"
            )

    def _tuned(self, number, arms, targets):
        surprisal = mean_surprisal(self.pieces.human[number])
        entropies = self.pieces.runs[number].targets(targets, surprisal)
        values = [entropies[target] for target in targets]
        return [
            self.pieces.runs[number].tuned(place, arm, values)
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
            name = of_runs[0].strategy if len(tuned) == 1 else of_runs[0].arm
            name = name if place else ANCESTRAL
            known = name in names.values()
            names[of_runs[0].arm] = name
            if known:
                continue
            at_place = self._arms_at(place, arms)
            pieces.append(
                self.pieces.drawn(
                    place,
                    name,
                    [
                        arm.setting(one.value)
                        for arm, one in zip(at_place, of_runs, strict=True)
                    ],
                    target,
                    decoders=[arm.decoder for arm in at_place],
                    file=f"{target}-{name}",
                    text=of_runs[0].strategy,
                )
            )
        if not pieces or pieces[0].name != ANCESTRAL:
            self.missed.append(target)
            return
        self._compare(target, pieces, names, tuned)

    def _arms_at(self, place, arms) -> list[Arm]:
        """Return the arm at a place, for each run; place 0 is ancestral sampling."""
        if not place:
            return [each.ancestral for each in self.pieces.runs]
        return [of_run[place - 1] for of_run in arms]

    def _compare(self, condition, pieces, names, tuned=()):
        standard = self.pieces.standard[0]
        comparison = compare(
            pieces,
            self.pieces.human,
            self.anchors,
            reference=ANCESTRAL,
            primary=standard.primary,
            measures=remembered(standard.measures, self.pieces.figures()),
            order=_ORDER,
            seed=self.seed,
            resamples=self.resamples,
            progress=True,
        )
        self.tables.append(Table(condition, comparison, names, tuned))
        in_short = self.tables[-1].file.replace("-", " ")
        for arm in pieces[1:]:
            self.pairs += listening_pairs(in_short, pieces[0], arm, seed=self.seed)


def _curve_json(curve):
    """Return a curve as a dict that JSON can hold."""
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
    """Return the expression of an arm without the mark of its knob.

    For example, it is "TopP(0.9)" for "TopP(knob(0.9, 0.1, 1))".
    """
    return arm.name if arm.knob is None else arm.expression(arm.knob.value)


def mean_surprisal(samples: Sequence[Sample]) -> float:
    """Return the mean surprisal of pieces under the model, nats per symbol."""
    return float(np.mean([sample.trace["surprisal"].mean() for sample in samples]))
