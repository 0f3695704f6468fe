"""Study: does truncation only help a degraded model? The design of Bjare et al. 2023.

    python experiments/study_bjare_2023.py

Bjare, Lattner & Widmer (2023) trained a Transformer on folk melodies, and drew music
from it by ancestral, nucleus (top-p) and typical sampling. They report that truncation
restricts diversity and structure where the model is well calibrated, and that it may
give better music where the model is degraded. This script repeats their design with
stacked LSTMs on Bach's chorales.

Models: the quickstart's model, trained with three seeds, in four conditions.

    calibrated  the trained model
    early       a model that was trained for 40 steps instead of 190
    flat        the trained model with its logits divided by 1.5
    noisy       the trained model with normal noise of deviation 1 added to each logit

Strategies: ancestral sampling; TopP and Typical with 0.5, 0.7 and 0.95. All of them
begin with the start symbol and get the same noise. Every model is compared on its own,
over its pieces. Primary measures, with Holm's correction over the 24 tests of a model:
Self-BLEU-4 and shared 4-grams (diversity between pieces), structureness of 8 to 16
quarters, and the energy distance from held-out pieces.

What counts as reproduced was fixed before the first piece was drawn:

    A  calibrated: truncation costs diversity. Of the four strategies with 0.5 and 0.7,
       at least three have more shared 4-grams than ancestral sampling.
    B  calibrated: truncation does not help. No truncated strategy has a smaller energy
       distance than ancestral sampling.
    C  degraded: truncation helps. In each degraded condition, at least one truncated
       strategy has a smaller energy distance than ancestral sampling.
    D  calibrated: truncation costs structure. Of the four strategies with 0.5 and 0.7,
       at least one differs from ancestral sampling in structureness, and is farther
       from human music.

Each of these differences must be found with every one of the three models, after Holm's
correction. Three models are too few for intervals over models: with 24 tests, Student's
t would have to exceed 22.

Cost: 13 minutes on two CPU cores, and 7 more to train the models. An interrupted study
goes on where it was. Expect: A and C are reproduced, B and D are not; see
docs/studies/bjare-2023.md.

Reference: Bjare, Lattner & Widmer 2023, Exploring Sampling Techniques for Generating
Melodies with a Transformer Language Model, https://arxiv.org/abs/2308.09454
"""

from command_line import require_at_least, require_folder, run

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from comparison_folder import ComparisonFolder, file_name
from comparison_report import mean_surprisal
from flax import nnx
from quickstart import TRAINING
from sources import Source, dataset
from study_claims import listed, write_results
from study_tables import page, picture

from lstm_music_jax import (
    Dataset,
    ModelConfig,
    MusicLSTM,
    Run,
    RunFolder,
    load_run,
    train,
)
from lstm_music_jax.evaluation.calibration import calibration
from lstm_music_jax.evaluation.comparison.analysis import compare
from lstm_music_jax.evaluation.comparison.drawing import draw, primers, report_key
from lstm_music_jax.evaluation.comparison.figures import Figures, remembered
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.comparison.results import Comparison, Difference
from lstm_music_jax.evaluation.comparison.samples import (
    generated_samples,
    given_samples,
    with_model,
)
from lstm_music_jax.evaluation.comparison.standard import standard_measures
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies import Chain, Greedy, Strategy, TopP, Typical

ANCESTRAL = "ancestral sampling"
SHARED, STRUCTURE = "shared 4-grams", "structureness, 8 to 16 frames"
EARLY_STEPS = 40


class LogitNoise(Strategy):
    """Adds independent normal noise to every logit.

    Args:
        scale: standard deviation of the noise, 0 or more.
    """

    permutation_equivariant = False
    scale: Number = number(at_least=0)

    def apply(self, logits, state, key):
        """Return the noisy logits; forbidden symbols stay forbidden."""
        return logits + self.scale * jax.random.normal(key, logits.shape), state


STRATEGIES: dict[str, Strategy] = {
    ANCESTRAL: Chain(),
    **{
        f"{kind.__name__}({value})": kind(value)
        for kind in (TopP, Typical)
        for value in (0.5, 0.7, 0.95)
    },
}
TRUNCATED = [name for name in STRATEGIES if name != ANCESTRAL]
STRONG = [name for name in STRATEGIES if "0.5" in name or "0.7" in name]


@dataclass(frozen=True)
class Condition:
    """One way in which the models are degraded, or none.

    Attributes:
        name: the name in tables.
        trained: which of the trained models is used: "trained" or "early".
        flatness: by what the logits are divided.
        noise: standard deviation of the noise on each logit.
    """

    name: str
    trained: str = "trained"
    flatness: float = 1.0
    noise: float = 0.0


CONDITIONS = (
    Condition("calibrated"),
    Condition("early", trained="early"),
    Condition("flat", flatness=1.5),
    Condition("noisy", noise=1.0),
)


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    runs: Path = Path("runs/bjare-2023")
    """Folder of the trained models; those that are missing are trained."""
    out: Path = Path("runs/bjare-2023/study")
    """Where to write."""
    pieces: int = 256
    """Pieces per strategy and model."""
    length: int = 256
    """Symbols per piece."""
    seeds: int = 3
    """How many models are trained per condition."""


def main(arguments: Arguments) -> None:
    """Train, draw, measure, compare, and say what was reproduced."""
    require_at_least(arguments, pieces=2, length=1, seeds=1)
    require_folder("out", arguments.out)
    data = dataset(Source(), validation=0.1)
    train_models(arguments, data)
    results = {
        condition.name: compare_condition(condition, arguments, data)
        for condition in CONDITIONS
    }
    comparisons = {name: of_models for name, (of_models, _) in results.items()}
    content = {
        "verdicts": verdicts(comparisons),
        "models": {name: of_models for name, (_, of_models) in results.items()},
        "comparisons": {
            name: [each.to_json() for each in of_models]
            for name, of_models in comparisons.items()
        },
    }
    tables = page(content["verdicts"], content["models"], comparisons)
    write_results(arguments.out, content, tables, ("reproduced", "not reproduced"))
    energy = comparisons["calibrated"][0].primary[-1].name
    picture(comparisons, arguments.out / "results.png", across=SHARED, up=energy)


def train_models(arguments: Arguments, data: Dataset) -> None:
    """Train the models that are missing, and finish those that were interrupted."""
    for seed in range(arguments.seeds):
        for name, steps in {"trained": TRAINING.steps, "early": EARLY_STEPS}.items():
            folder = RunFolder(arguments.runs / f"{name}-{seed}")
            training = dataclasses.replace(
                TRAINING, steps=steps, seed=seed, evaluate_every=steps
            )
            if not folder.checkpoints("best").is_dir():
                begun = folder.config.is_file()
                train(folder.path, data, ModelConfig(), training, resume=begun)


def compare_condition(
    condition: Condition, arguments: Arguments, data: Dataset
) -> tuple[list[Comparison], list[dict[str, float]]]:
    """Compare the strategies in one condition.

    Returns:
        A list with the comparison of each model; and a list with the loss and the
        calibration of each model.
    """
    folder = ComparisonFolder(arguments.out / condition.name)
    sizes = {name: getattr(arguments, name) for name in ("pieces", "length")}
    folder.open({"condition": dataclasses.asdict(condition), **sizes})
    comparisons, models = [], []
    for seed in range(arguments.seeds):
        loaded = load_run(arguments.runs / f"{condition.trained}-{seed}")
        loaded = degraded(loaded, condition)
        comparisons.append(compare_model(loaded, condition, arguments, data, seed))
        models.append(model_figures(loaded.model, condition, data))
    return comparisons, models


def compare_model(
    loaded: Run, condition: Condition, arguments: Arguments, data: Dataset, seed: int
) -> Comparison:
    """Compare the strategies with one model; `seed` is that of its training."""
    folder = ComparisonFolder(arguments.out / condition.name)
    human = given_samples(loaded, data.validation, arguments.length)
    human = with_model(loaded, human)
    standard = standard_measures(loaded, data.train, human, mean_surprisal(human))
    primary = ("Self-BLEU-4", SHARED, STRUCTURE, standard.measures.distances[-1].name)
    standard = standard.with_primary(primary)
    measured: dict[Sample, Figures] = {}

    def measure(name: str, samples: list[Sample]) -> list[Sample]:
        measures = standard.measures.pieces
        folder.measure(f"{seed}-{name}", measures, samples, measured)
        return samples

    measure("human", human)
    prompts = primers(loaded, [], arguments.pieces)
    arms = []
    for place, (name, strategy) in enumerate(STRATEGIES.items()):
        file = file_name(place, name)
        noisy = with_noise(condition, strategy)
        drawn = folder.drawn(
            f"{seed}-{file}",
            lambda noisy=noisy: draw(
                loaded, prompts, report_key(0), noisy, length=arguments.length
            ),
        )
        samples = generated_samples(loaded, np.asarray(prompts), drawn)
        arms.append(Pieces(name, [measure(file, samples)]))
    return compare(
        arms,
        [human],
        [],
        reference=ANCESTRAL,
        primary=primary,
        measures=remembered(standard.measures, measured),
    )


def degraded(loaded: Run, condition: Condition) -> Run:
    """Return the run with its logits divided by the condition's flatness."""
    model = jax.tree.map(lambda leaf: leaf, loaded.model)
    model.head_kernel = nnx.Param(model.head_kernel[...] / condition.flatness)
    model.head_bias = nnx.Param(model.head_bias[...] / condition.flatness)
    return dataclasses.replace(loaded, model=model)


def with_noise(condition: Condition, strategy: Strategy) -> Strategy:
    """Return a strategy that is applied to noisy logits, if the condition has noise."""
    return Chain(LogitNoise(condition.noise), strategy) if condition.noise else strategy


def model_figures(
    model: MusicLSTM, condition: Condition, data: Dataset
) -> dict[str, float]:
    """Return the loss of a model along held-out pieces, by name.

    If the condition has no noise, the calibration error and the overconfidence too.
    """
    noise = with_noise(condition, Chain())
    forced = teacher_force(model, data.validation, strategy=noise)
    loss = -np.concatenate([each.strategy_log_probs for each in forced]).mean()
    found = {"loss": float(loss)}
    if not condition.noise:
        forced = teacher_force(model, data.validation, strategy=Greedy())
        errors = calibration(
            [each.trace.kept_mass for each in forced], [each.kept for each in forced]
        )
        found["calibration error"] = float(errors.error.value)
        found["overconfidence"] = float(errors.overconfidence.value)
    return found


def verdicts(
    comparisons: Mapping[str, Sequence[Comparison]],
) -> dict[str, tuple[bool, str]]:
    """Return, for each claim, whether it was reproduced and the figures behind it."""
    calibrated = comparisons["calibrated"]
    energy = calibrated[0].primary[-1].name
    poorer = in_all(calibrated, SHARED, STRONG, lambda d: d.change.value > 0)
    nearer = in_all(calibrated, energy, TRUNCATED, _smaller)
    farther = in_all(calibrated, STRUCTURE, STRONG, lambda d: d.worse_by.value > 0)
    helped = {
        name: in_all(of_models, energy, TRUNCATED, _smaller)
        for name, of_models in comparisons.items()
        if name != "calibrated"
    }
    of_degraded = "; ".join(
        f"{name}: {listed(found)}" for name, found in helped.items()
    )
    return {
        "A": (len(poorer) >= 3, f"more {SHARED}: {listed(poorer)}"),
        "B": (not nearer, f"smaller energy distance: {listed(nearer)}"),
        "C": (all(helped.values()), f"smaller energy distance: {of_degraded}"),
        "D": (bool(farther), f"structureness farther from human: {listed(farther)}"),
    }


def in_all(
    comparisons: Sequence[Comparison],
    measure: str,
    names: Sequence[str],
    fits: Callable[[Difference], bool],
) -> list[str]:
    """Return those of `names` that differ from the reference with every model.

    The difference in the measure must be significant, and `fits` must be True for it.
    There is a comparison per model.
    """
    return [
        name
        for name in names
        if all(
            each.differences[name][measure].found
            and fits(each.differences[name][measure])
            for each in comparisons
        )
    ]


def _smaller(difference: Difference) -> bool:
    return difference.change.value < 0


if __name__ == "__main__":
    run(main, Arguments)
