"""Samples: generated and human pieces, decoded and cut to the same length.

The primer is the given beginning that a generated piece continues. The trace of a piece
holds figures of each of its symbols after the primer, such as the surprisal under a
model. A run is a trained model with its vocabulary and its encoding.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.comparison.drawing import Drawn
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.generation.composition import Run
from lstm_music_jax.protocols import Model

# Figures of a trace that do not depend on the strategy.
_OF_MODEL = ("model_entropy", "surprisal")
_PARALLEL_PIECES = 256


def generated_samples(
    run: Run, prompts: Int[np.ndarray, "b p"], drawn: Drawn
) -> list[Sample]:
    """Return the decoded pieces of drawn symbols, each with its primer in front.

    `prompts` holds the ids that each piece continues: a start symbol, if there is one,
    and the primer.
    """
    samples = []
    for piece, (prompt, tokens) in enumerate(zip(prompts, drawn.tokens, strict=True)):
        primer = _music(run, prompt)
        ids = np.concatenate([primer, tokens]).astype(np.int32)
        trace = {name: of_all[piece] for name, of_all in drawn.trace.items()}
        samples.append(_sample(run, ids, len(primer), trace))
    return samples


def given_samples(
    run: Run,
    pieces: Sequence[Int[np.ndarray, "_"]],
    length: int,
    primer: int = 0,
) -> list[Sample]:
    """Return given pieces, such as human ones, cut to the length of generated ones.

    Pieces shorter than the generated ones are left out.

    Args:
        run: the model, its vocabulary and its encoding.
        pieces: symbol ids of the pieces; their start and end symbols are removed.
        length: number of symbols after the primer.
        primer: number of symbols at the beginning that count as given, and not as
            generated.
    """
    whole = primer + length
    music = (_music(run, ids) for ids in pieces)
    return [
        _sample(run, ids[:whole].astype(np.int32), primer, {})
        for ids in music
        if len(ids) >= whole
    ]


def with_model(run: Run, samples: Sequence[Sample]) -> list[Sample]:
    """Return the pieces with two more figures in their traces, by the run's model.

    They are the entropy of the model's distributions and the surprisal of the symbols.
    The model reads the pieces, which it need not have drawn. If a piece has neither a
    start symbol nor a primer, its first symbol has no figures.
    """
    return _with_traces(run, run.model, samples, {name: name for name in _OF_MODEL})


def with_judge(run: Run, judge: Model, samples: Sequence[Sample]) -> list[Sample]:
    """Return the pieces with the surprisal under another model added to their traces.

    This model, the judge, has the same vocabulary. The figure is "judge_surprisal".
    If a piece has neither a start symbol nor a primer, its first symbol has no figure.
    """
    return _with_traces(run, judge, samples, {"surprisal": "judge_surprisal"})


def _with_traces(run, model, samples, names):
    start = run.vocabulary.start_id
    begin = [] if start is None else [start]
    pieces = [
        np.concatenate([begin, sample.ids]).astype(np.int32) for sample in samples
    ]
    forced = teacher_force(model, pieces, parallel_pieces=_PARALLEL_PIECES)
    extended = []
    for sample, of_piece in zip(samples, forced, strict=True):
        more = {
            new: getattr(of_piece.trace, name)[-len(sample.generated) :]
            for name, new in names.items()
        }
        trace = {**sample.trace, **more}
        extended.append(dataclasses.replace(sample, trace=trace))
    return extended


def _music(run, ids):
    return run.vocabulary.without_markers(ids)


def _sample(run, ids, primer, trace):
    score = run.encoding.decode(run.vocabulary.symbols_of(ids)).score
    return Sample(ids, score, primer, trace)
