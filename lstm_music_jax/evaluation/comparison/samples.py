"""Samples: generated and human pieces, decoded and cut alike."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.comparison.drawing import Drawn
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.generation.composition import Run


def generated_samples(
    run: Run, prompts: Int[np.ndarray, "b p"], drawn: Drawn
) -> list[Sample]:
    """Return the pieces that an arm drew, each with its primer in front."""
    samples = []
    for piece, (prompt, tokens) in enumerate(zip(prompts, drawn.tokens, strict=True)):
        primer = prompt[~np.isin(prompt, run.vocabulary.marker_ids)]
        ids = np.concatenate([primer, tokens]).astype(np.int32)
        trace = {name: of_all[piece] for name, of_all in drawn.trace.items()}
        samples.append(Sample(ids, _score(run, ids), len(primer), trace))
    return samples


def human_samples(
    run: Run,
    pieces: Sequence[Int[np.ndarray, "_"]],
    length: int,
    primer: int = 0,
) -> list[Sample]:
    """Return human pieces, cut to the length of the generated ones.

    Pieces that are shorter are left out.

    Args:
        run: the model, its vocabulary and its encoding.
        pieces: ids of the pieces, with their start and end symbols.
        length: symbols after the primer.
        primer: symbols of the primer, which the measures take as given.
    """
    music = (ids[~np.isin(ids, run.vocabulary.marker_ids)] for ids in pieces)
    whole = primer + length
    return [
        Sample(ids[:whole].astype(np.int32), _score(run, ids[:whole]), primer)
        for ids in music
        if len(ids) >= whole
    ]


def _score(run, ids):
    return run.encoding.decode(run.vocabulary.symbols_of(ids)).score
