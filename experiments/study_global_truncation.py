"""Study: does it matter that truncation renormalises at every symbol?

    python experiments/study_global_truncation.py --run runs/quickstart

Top-k, top-p and min-p cut off improbable symbols, and divide by the mass that they
keep. This happens at every symbol, so it is local. A piece that passes through places
where little mass is kept gains probability, relative to other pieces. Globally, the
model's distribution over whole pieces is restricted to the same pieces, and divided
once. `SMC` samples from this distribution: its weights are the kept masses.

Six truncations are drawn with the quickstart's model, in both ways: TopK, TopP and
MinP, each with a strong and a mild setting. The local version is followed by a
temperature, which is tuned until its entropy is that of the global version. So both
allow the same symbols and are equally random. The entropy of the global version is that
of whole pieces, per symbol: the mean of -ln p(x) + ln Z, where p is the model's
probability and Z the normaliser that SMC estimates.

Primary measures are those of compare.py: repeats, copies, shared 4-grams and the
judge's surprisal. A difference counts as found if its p-value is at most 0.05 after
Holm's correction over the measures, and Bonferroni's over the six truncations. The unit
is a piece. What counts as success was fixed before the first piece was drawn:

    A  without a temperature, the global version draws more probable music: its mean
       surprisal under the model is lower with all six truncations.
    B  local and global truncation differ: with at least one of the three strategies, a
       difference in one primary measure is found with both settings, in the same
       direction, at equal entropy.
    C  the strong settings differ more: more differences are found with the three
       strong settings than with the three mild ones.
    D  the particles suffice: with half as many, the estimate of ln Z per symbol changes
       by less than 0.002 nats with all six truncations. If D fails, A to C say nothing.

If B fails, the results still hold the intervals of all differences: how large a
difference could have been overlooked.

Cost: 9 minutes on two CPU cores, after quickstart.py; 15 minutes with --members 64. An
interrupted study goes on where it was. Expect: D fails by little with 32 particles; all
four claims hold with 64. See docs/studies/global-truncation.md.

References: Holtzman et al. 2019, https://arxiv.org/abs/1904.09751 (top-p); Doucet &
Johansen 2009, A tutorial on particle filtering and smoothing.
"""

from command_line import require_folder, run

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from comparison_folder import ComparisonFolder, file_name
from comparison_report import mean_surprisal
from knobs import arm_of
from ngram_models import TRIGRAM, ngram_models
from piece_records import model_fingerprint
from sources import dataset_of_run
from strategy_expressions import known_names, strategy_of

from lstm_music_jax import SMC, Dataset, Run, generate, load_run, masks
from lstm_music_jax.evaluation.comparison.analysis import compare
from lstm_music_jax.evaluation.comparison.arms import Tuned
from lstm_music_jax.evaluation.comparison.drawing import (
    Drawn,
    draw,
    primers,
    report_key,
    tuning_key,
)
from lstm_music_jax.evaluation.comparison.figures import figures, remember, remembered
from lstm_music_jax.evaluation.comparison.matching import (
    Tuning,
    match,
    strategy_entropies,
    surprisals,
)
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.comparison.results import HUMAN, Comparison
from lstm_music_jax.evaluation.comparison.samples import (
    generated_samples,
    given_samples,
    with_judge,
    with_model,
)
from lstm_music_jax.evaluation.comparison.standard import Standard, standard_measures
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies import Chain, Strategy
from lstm_music_jax.system.atomic_write import write_atomically

GLOBAL, LOCAL = "global", "local, at equal entropy"
# The strong and the mild setting of each strategy.
TRUNCATIONS = {
    "TopK": ("TopK(3)", "TopK(8)"),
    "TopP": ("TopP(0.7)", "TopP(0.9)"),
    "MinP": ("MinP(0.2)", "MinP(0.05)"),
}
ALL = [text for settings in TRUNCATIONS.values() for text in settings]
# The largest error of ln Z per symbol, nats.
_ENOUGH = 0.002
# ln Z is estimated by this many populations.
_POPULATIONS = 16
_LEVEL = 0.05


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path = Path("runs/quickstart")
    """Run folder of the chorales."""
    out: Path = Path("runs/global-truncation")
    """Where to write."""
    pieces: int = 256
    """Pieces per truncation and version."""
    length: int = 256
    """Symbols per piece."""
    members: int = 32
    """Particles of each population of SMC; an even number."""


@dataclass(frozen=True)
class Study:
    """What all truncations share.

    Attributes:
        arguments: the command line.
        run: the model, its vocabulary and its encoding.
        folder: where everything is kept.
        prompts: the start symbol, once per piece.
        judge: the model that judges the pieces.
        human: held-out pieces.
        standard: the measures.
    """

    arguments: Arguments
    run: Run
    folder: ComparisonFolder
    prompts: jax.Array
    judge: Model
    human: list[Sample]
    standard: Standard


def main(arguments: Arguments) -> None:
    """Draw, tune, measure, compare, and say what was found."""
    for name, least in {"pieces": 2, "length": 1, "members": 2}.items():
        value = getattr(arguments, name)
        if value < least or (name == "members" and value % 2):
            even = ", and even" if name == "members" else ""
            raise ValueError(f"{name} is {value}; it must be {least} or more{even}")
    require_folder("out", arguments.out)
    study = begin(arguments)
    found = {text: study_truncation(study, text) for text in ALL}
    figures_of = {text: of_text for text, (of_text, _) in found.items()}
    comparisons = {text: comparison for text, (_, comparison) in found.items()}
    content = {
        "verdicts": verdicts(figures_of, comparisons),
        "figures": figures_of,
        "comparisons": {text: each.to_json() for text, each in comparisons.items()},
    }
    path = arguments.out / "results.json"
    write_atomically(path, json.dumps(content, indent=1) + "\n")
    tables = page(content["verdicts"], figures_of, comparisons)
    write_atomically(path.with_suffix(".md"), tables)
    for claim, (held, why) in content["verdicts"].items():
        print(f"{claim}: {'yes' if held else 'no'} ({why})")
    print(f"results: {path}, and as tables: {path.with_suffix('.md')}")


def begin(arguments: Arguments) -> Study:
    """Load the run and its pieces, and open the folder."""
    loaded = load_run(arguments.run)
    data: Dataset = dataset_of_run(loaded.settings)
    judge = ngram_models(data.train, len(loaded.vocabulary))[TRIGRAM]
    human = given_samples(loaded, data.validation, arguments.length)
    if len(human) < 2:
        raise ValueError(
            f"length is {arguments.length}; {len(human)} held-out pieces have as many "
            "symbols, and the study needs at least 2"
        )
    human = with_judge(loaded, judge, with_model(loaded, human))
    folder = ComparisonFolder(arguments.out)
    sizes = {name: getattr(arguments, name) for name in ("pieces", "length", "members")}
    folder.open({**sizes, "model": model_fingerprint(loaded.model)})
    return Study(
        arguments,
        loaded,
        folder,
        primers(loaded, [], arguments.pieces),
        judge,
        human,
        standard_measures(loaded, data.train, human, mean_surprisal(human)),
    )


def study_truncation(study: Study, text: str) -> tuple[dict[str, Any], Comparison]:
    """Draw and compare both versions of one truncation.

    Returns:
        Figures of the versions, and the comparison at equal entropy.
    """
    strategy = strategy_of(text, study.run, known_names())
    smc = SMC(study.arguments.members)
    drawn = {
        GLOBAL: draw_once(study, f"global-{text}", strategy, smc),
        "local": draw_once(study, f"local-{text}", strategy),
    }
    normaliser = study.folder.content(
        f"normalisers/{file_name(0, text)}",
        partial(log_normalisers, study, strategy),
    )
    entropy = float(surprisals(drawn[GLOBAL]).mean()) + normaliser["all"]
    tuned = tuned_local(study, text, entropy)
    local = strategy_of(tuned.strategy, study.run, known_names())
    drawn[LOCAL] = draw_once(study, f"tuned-{text}", local)
    of_versions = {
        "entropy, global": entropy,
        f"entropy, {LOCAL}": float(strategy_entropies(drawn[LOCAL]).mean()),
        "local strategy": tuned.strategy,
        "reached": tuned.reached,
        "surprisal": {
            name: float(surprisals(each).mean()) for name, each in drawn.items()
        },
        "kept mass": {
            name: float(each.trace["kept_mass"].mean()) for name, each in drawn.items()
        },
        "ln Z per symbol": normaliser["all"],
        "ln Z per symbol, half of the particles": normaliser["half"],
    }
    return of_versions, compared(study, text, drawn)


def draw_once(
    study: Study, name: str, strategy: Strategy, decoder: SMC | None = None
) -> Drawn:
    """Draw all pieces with a strategy, or return what was drawn in an earlier call."""
    return study.folder.drawn(
        file_name(0, name),
        lambda: draw(
            study.run,
            study.prompts,
            report_key(0),
            strategy,
            length=study.arguments.length,
            decoder=decoder,
        ),
    )


def log_normalisers(study: Study, strategy: Strategy) -> dict[str, float]:
    """Return ln Z per symbol, with all particles and with half of them."""
    masked = Chain(*masks(study.run.vocabulary, study.run.encoding), strategy)

    def estimated(members):
        weights = generate(
            study.run.model,
            study.prompts[:_POPULATIONS],
            tuning_key(0),
            length=study.arguments.length,
            strategy=masked,
            decoder=SMC(members),
        ).members.log_weights
        of_populations = jax.nn.logsumexp(weights, axis=1) - np.log(members)
        return float(of_populations.mean()) / study.arguments.length

    members = study.arguments.members
    return {"all": estimated(members), "half": estimated(members // 2)}


def tuned_local(study: Study, text: str, entropy: float) -> Tuned:
    """Return the temperature after a truncation that gives it a certain entropy."""
    arm = arm_of(
        f"Chain({text}, Temperature(knob(1, 0.4, 2.5)))",
        study.run,
        known_names(),
        tuned=True,
    )
    tuning = Tuning(study.run, study.prompts, tuning_key(0), study.arguments.length)
    found = study.folder.content(
        f"tuned/{file_name(0, text)}",
        lambda: match(arm, [entropy], tuning)[0]._asdict(),
    )
    return Tuned(**found)


def compared(study: Study, text: str, drawn: Mapping[str, Drawn]) -> Comparison:
    """Compare the local version at equal entropy with the global one."""
    measured: dict[Sample, Mapping[str, float]] = {}

    def measure(name: str, samples: list[Sample]) -> list[Sample]:
        found = study.folder.content(
            f"figures/{file_name(0, name)}",
            lambda: figures(study.standard.measures.pieces, samples),
        )
        remember(measured, samples, found)
        return samples

    measure(HUMAN, study.human)
    arms = []
    for name in (GLOBAL, LOCAL):
        samples = generated_samples(study.run, np.asarray(study.prompts), drawn[name])
        samples = with_judge(study.run, study.judge, samples)
        arms.append(Pieces(name, [measure(f"{text}-{name}", samples)]))
    return compare(
        arms,
        [study.human],
        [],
        reference=GLOBAL,
        primary=study.standard.primary,
        measures=remembered(study.standard.measures, measured),
    )


def verdicts(
    figures_of: Mapping[str, Mapping[str, Any]], comparisons: Mapping[str, Comparison]
) -> dict[str, tuple[bool, str]]:
    """Return, for each claim, whether it holds and the figures behind it."""
    surprisal = {text: each["surprisal"] for text, each in figures_of.items()}
    lower = [text for text in ALL if surprisal[text][GLOBAL] < surprisal[text]["local"]]
    found = {text: differences(comparisons[text]) for text in ALL}
    both = [
        f"{name}: {measure}"
        for name, (strong, mild) in TRUNCATIONS.items()
        for measure in found[strong]
        if found[strong][measure] == found[mild].get(measure)
    ]
    strong, mild = (
        sum(len(found[settings[place]]) for settings in TRUNCATIONS.values())
        for place in range(2)
    )
    halved = "ln Z per symbol, half of the particles"
    error = max(
        abs(each["ln Z per symbol"] - each[halved]) for each in figures_of.values()
    )
    return {
        "A": (len(lower) == len(ALL), f"lower surprisal: {_list(lower)}"),
        "B": (bool(both), f"found with both settings: {_list(both)}"),
        "C": (strong > mild, f"differences found: strong {strong}, mild {mild}"),
        "D": (error < _ENOUGH, f"largest change of ln Z per symbol: {error:.2g} nats"),
    }


def differences(comparison: Comparison) -> dict[str, bool]:
    """Return which primary measures differ, and whether the local value is larger."""
    of_local = comparison.differences[LOCAL]
    return {
        row.name: of_local[row.name].change.value > 0
        for row in comparison.primary
        if of_local[row.name].adjusted * len(ALL) <= _LEVEL
    }


def page(
    verdicts: Mapping[str, tuple[bool, str]],
    figures_of: Mapping[str, Mapping[str, Any]],
    comparisons: Mapping[str, Comparison],
) -> str:
    """Return all results as Markdown."""
    lines = ["| claim | holds | figures |", "| --- | --- | --- |"]
    for claim, (held, why) in verdicts.items():
        lines.append(f"| {claim} | {'yes' if held else 'no'} | {why} |")
    columns = ("entropy, global", f"entropy, {LOCAL}", "ln Z per symbol")
    titles = [
        *columns,
        "surprisal, global",
        "surprisal, local as set",
        "local strategy",
    ]
    lines += ["", f"| truncation | {' | '.join(titles)} |"]
    lines.append("| --- " * (len(titles) + 1) + "|")
    for text, each in figures_of.items():
        numbers = [*(each[name] for name in columns)]
        numbers += [each["surprisal"][GLOBAL], each["surprisal"]["local"]]
        cells = [
            *(f"{number:.3f}" for number in numbers),
            f"`{each['local strategy']}`",
        ]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    measures = [row.name for row in next(iter(comparisons.values())).primary]
    lines += ["", f"| local - global | {' | '.join(measures)} |"]
    lines.append("| --- " * (len(measures) + 1) + "|")
    for text, comparison in comparisons.items():
        cells = [_change(comparison, name) for name in measures]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _change(comparison, measure):
    """Return a change and its interval, in bold if it counts as found."""
    each = comparison.differences[LOCAL][measure].change
    text = f"{each.value:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
    return f"**{text}**" if measure in differences(comparison) else text


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


if __name__ == "__main__":
    run(main, Arguments)
