"""Compare sampling strategies: which is better, by how much, and is it only copying?

    python experiments/compare.py --run runs/quickstart --suite standard
    python experiments/compare.py --run runs/quickstart --match-entropy 0.9 human \
        --strategies "TopP(0.9)" "Chain(DRY(0.8), TopP(knob(0.9, 0.1, 1)))"
    python experiments/compare.py --run runs/a --run runs/b --suite standard

All strategies continue the same primers with the same noise. They are compared with
ancestral sampling, which draws from the distribution of the model, and with held-out
pieces that are cut to the same length. The tables also hold anchors, which are music of
known quality: training pieces, greedy sampling, the music of n-gram models, and
held-out pieces with their symbols in random order. A measure that does not order
held-out pieces, the 3-gram model, the unigram model and shuffled pieces is marked as
not valid.

With --match-entropy, strategies are also compared at equal entropy. One number of each
strategy, its knob, is tuned until the mean entropy of its distributions is within 0.02
nats of a target. The knob is the only number of an expression, or the one that is
marked by knob(value, low, high).

A decoder may come before a strategy, as in "SMC(64) with TopP(0.9)". Each piece is then
the picked member of a population. Its entropy is the mean over the distributions of
its symbols, and not the entropy of the distribution over whole pieces.

The folder holds a page with tables and pictures, comparison.md, and a page to see and
hear in a browser, report.html. Listeners who should not know the results get
blind.html: it plays unlabelled pairs of pieces, and saves the votes as a file. The same
command with --votes FILE... adds what the listeners preferred to both pages, and draws
nothing anew.

The folder also holds all settings, all results and the figures of every piece (JSON),
and MIDI files of the usual and the worst piece of each strategy. If the script was
interrupted, the same command goes on where it was.

Cost: 20 strategies x 256 pieces x 256 symbols take 3.3 minutes on two CPU cores. Tuning
takes about 15 s per strategy and target.
Expect: one sentence that says what differs, and a folder that says why.
"""

from command_line import require_at_least, require_folder, require_seed, run

import dataclasses
import hashlib
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from compared_run import HUMAN_TARGET, ComparedRun
from comparison_folder import ComparisonFolder, fingerprint
from comparison_pieces import ComparedPieces
from comparison_report import Report, mean_surprisal, own_name
from knobs import arm_of
from ngram_models import TRIGRAM, ngram_models
from piece_records import Maker, model_fingerprint
from sources import dataset_of_run
from strategy_expressions import known_names
from suites import SUITES

from lstm_music_jax import Dataset, Run, RunFolder, load_run
from lstm_music_jax.evaluation.comparison.arms import Arm
from lstm_music_jax.evaluation.comparison.drawing import primers
from lstm_music_jax.evaluation.comparison.samples import given_samples, with_model
from lstm_music_jax.evaluation.comparison.standard import standard_measures
from lstm_music_jax.evaluation.comparison.votes import read_votes
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.statistics.resampling import RESAMPLES
from lstm_music_jax.protocols import Model

# The largest factor of the ancestral entropy that --match-entropy takes.
_LARGEST_FACTOR = 4
_QUICK_RESAMPLES = 4000
# Ancestral sampling with a knob, for targets other than its own entropy.
_BY_TEMPERATURE = "Temperature(knob(1, 0.1, 8))"


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: tyro.conf.UseAppendAction[tuple[Path, ...]]
    """Run folder. Give several, each with its own --run, to compare strategies over
    models that were trained with different seeds."""
    strategies: tuple[str, ...] = ()
    """Expressions of the strategies, such as "TopP(0.9)". A decoder may come before a
    strategy, as in "SMC(64) with TopP(0.9)"."""
    suite: Literal["standard"] | None = None
    """A list of strategies that covers all families."""
    plugin: tuple[Path, ...] = ()
    """Python files with strategies and decoders of your own, which --strategies may
    then hold."""
    match_entropy: tuple[str, ...] = ()
    """Targets at which strategies are also compared: factors of the entropy of
    ancestral sampling, such as 0.9, or `human`, the entropy at which the model is as
    surprised by its own music as by human music."""
    curves: bool = False
    """Also move the knob of each strategy, and write the primary measures over the
    entropy."""
    pieces: int | None = None
    """Pieces per strategy; 256, or 48 with --quick."""
    length: int | None = None
    """Symbols per piece; 256, or 128 with --quick."""
    primer_length: int = 0
    """Symbols of held-out pieces that all strategies continue; with 0 they begin with
    the start symbol alone."""
    seed: int = 0
    """Seed of the noise and of the resamples."""
    quick: bool = False
    """Draw fewer and shorter pieces, to try the script out."""
    judge: Path | None = None
    """Run folder of a model that judges the pieces; by default a 3-gram model does."""
    primary: tuple[str, ...] = ()
    """Names of at most four primary measures; by default repeats, copies, shared
    4-grams and the judge's surprisal."""
    votes: tuple[Path, ...] = ()
    """Files of votes that the page of blind listening has saved, to be added to the
    pages."""
    out: Path | None = None
    """Where to write; by default the folder `comparison` in the first run folder."""


def main(arguments: Arguments) -> None:
    """Check the arguments, draw, tune, measure, compare and report."""
    arguments = with_defaults(arguments)
    out = arguments.out or arguments.run[0] / "comparison"
    require_folder("out", out)
    loaded = load_runs(arguments.run)
    names = known_names(arguments.plugin)
    judge = judge_of(arguments.judge, loaded[0])
    settings = settings_of(arguments, loaded, judge)
    votes = read_votes(arguments.votes, fingerprint(settings))
    arms = [arms_of(arguments, each, names) for each in loaded]
    data = dataset_of_run(loaded[0].settings)
    ngrams = ngram_models(data.train, len(loaded[0].vocabulary))
    folder = ComparisonFolder(out)
    runs = [
        ComparedRun(
            number=number,
            maker=Maker(arguments.run[number], each),
            folder=folder,
            prompts=primers(
                each, data.validation, arguments.pieces, arguments.primer_length
            ),
            length=arguments.length,
            seed=arguments.seed,
            judge=ngrams[TRIGRAM] if judge is None else judge,
            ancestral=arm_of(_BY_TEMPERATURE, each, names, tuned=True),
        )
        for number, each in enumerate(loaded)
    ]
    human = [human_pieces(each, data, arguments) for each in runs]
    standard = [
        standard_measures(each.run, data.train, pieces, mean_surprisal(pieces))
        for each, pieces in zip(runs, human, strict=True)
    ]
    if arguments.primary:
        standard = [each.with_primary(arguments.primary) for each in standard]
    # Nothing is written before all arguments are known to be right.
    folder.open(settings)
    resamples = _QUICK_RESAMPLES if arguments.quick else RESAMPLES
    pieces = ComparedPieces(folder, runs, human, standard, arguments.seed)
    anchors = pieces.anchors(data, ngrams)
    report = Report(pieces, anchors, arguments.seed, resamples)
    report.compare_as_set(arms)
    if arguments.match_entropy:
        report.compare_matched(arms, arguments.match_entropy)
    if arguments.curves:
        report.draw_curves(arms)
    report.write(data, shlex.join(["python", *sys.argv]), settings, votes)


def with_defaults(arguments: Arguments) -> Arguments:
    """Return checked arguments, with defaults for the number and length of the pieces.

    Raises:
        ValueError: an argument is wrong.
    """
    require_seed(arguments.seed)
    usual = {"pieces": 48, "length": 128} if arguments.quick else {}
    usual = {"pieces": 256, "length": 256} | usual
    missing = {name: usual[name] for name in usual if getattr(arguments, name) is None}
    arguments = dataclasses.replace(arguments, **missing)
    require_at_least(arguments, pieces=2, length=1, primer_length=0)
    if not arguments.strategies and not arguments.suite:
        raise ValueError("strategies is empty; name some, or --suite standard")
    factors = [factor_of(target) for target in arguments.match_entropy]
    for place, target in enumerate(arguments.match_entropy):
        if factors[place] in factors[:place]:
            raise ValueError(f"match_entropy holds {target} twice; name each one once")
    return arguments


def factor_of(target: str) -> float | None:
    """Return the number that a target entropy is written as; None for `human`.

    The number is a factor of the entropy of ancestral sampling.

    Raises:
        ValueError: the target is neither a number nor `human`.
    """
    if target == HUMAN_TARGET:
        return None
    try:
        factor = float(target)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= _LARGEST_FACTOR:
        raise ValueError(
            f"match_entropy is {target}; it must be human, or a factor of the "
            f"ancestral entropy in (0, {_LARGEST_FACTOR}]"
        )
    return factor


def load_runs(paths: Sequence[Path]) -> list[Run]:
    """Load the runs, which must have the same vocabulary and the same split.

    Raises:
        ValueError: vocabulary or split differ, or two of them have the same model.
    """
    loaded = [load_run(path) for path in paths]
    first = loaded[0]
    of_model: dict[str, Path] = {}
    for path, each in zip(paths, loaded, strict=True):
        other = of_model.setdefault(model_fingerprint(each.model), path)
        if other is not path:
            raise ValueError(
                f"run is {path}, whose model is that of {other}; name each model once"
            )
        same = each.settings["corpus"] == first.settings["corpus"]
        if not same or each.vocabulary != first.vocabulary:
            raise ValueError(
                f"run is {path}; its corpus, split and vocabulary must be those of "
                f"{paths[0]}"
            )
    return loaded


def arms_of(arguments: Arguments, loaded: Run, names: dict[str, Any]) -> list[Arm]:
    """Return the arms of one run: the strategies to compare, each with its knob.

    `names` says what the names in the expressions of the strategies stand for.

    Raises:
        ValueError: an expression is wrong, or occurs twice.
    """
    texts = [*arguments.strategies, *SUITES.get(arguments.suite, ())]
    tuned = bool(arguments.match_entropy or arguments.curves)
    arms = [arm_of(text, loaded, names, tuned=tuned) for text in texts]
    found = [own_name(arm) for arm in arms]
    twice = [name for name in found if found.count(name) > 1]
    if twice:
        raise ValueError(f"strategies holds {twice[0]!r} twice; name each one once")
    return arms


def judge_of(path: Path | None, loaded: Run) -> Model | None:
    """Return the model under which the surprisal of all pieces is measured.

    It is the model of the run folder `path`. None without `path`; then an n-gram model
    judges the pieces.

    Raises:
        ValueError: there is no run at `path`, or its vocabulary is another one.
    """
    if path is None:
        return None
    if not RunFolder(path).config.is_file():
        raise ValueError(
            f"judge is {path}; it must be a run folder, with a config.json"
        )
    judge = load_run(path)
    if judge.vocabulary != loaded.vocabulary:
        raise ValueError(f"judge is {path}; its vocabulary must be that of the runs")
    return judge.model


def human_pieces(
    each: ComparedRun, data: Dataset, arguments: Arguments
) -> list[Sample]:
    """Return the held-out pieces that are long enough, as long as generated ones.

    Their traces hold the entropy and the surprisal of the run's model.

    Raises:
        ValueError: there are fewer than two.
    """
    samples = given_samples(
        each.run, data.validation, arguments.length, arguments.primer_length
    )
    if len(samples) < 2:
        needed = arguments.length + arguments.primer_length
        raise ValueError(
            f"length is {arguments.length}; {len(samples)} held-out pieces have "
            f"{needed} symbols or more, and a comparison needs at least 2"
        )
    return each.judged(with_model(each.run, samples))


def settings_of(
    arguments: Arguments, loaded: Sequence[Run], judge: Model | None
) -> dict[str, Any]:
    """Return all settings, by which a folder tells whether it may go on."""
    of_command = {
        name: value
        for name, value in dataclasses.asdict(arguments).items()
        if name not in ("run", "out", "plugin", "judge", "votes")
    }
    return of_command | {
        "plugin": [
            hashlib.sha256(path.read_bytes()).hexdigest() for path in arguments.plugin
        ],
        "judge": None if judge is None else model_fingerprint(judge),
        "models": [model_fingerprint(each.model) for each in loaded],
        "corpus": loaded[0].settings["corpus"],
        "encoding": loaded[0].encoding.config(),
    }


if __name__ == "__main__":
    run(main, Arguments)
