"""Diverse beam search against one in plain Python."""

import numpy as np
import pytest

from lstm_music_jax.generation.decoders.beam_search import BeamSearch
from lstm_music_jax.generation.decoders.diverse_beam_search import DiverseBeamSearch
from lstm_music_jax.strategies import Chain, RepetitionPenalty, TopK
from tests.generation.decoders.enumerated import (
    LENGTH,
    V,
    decode,
    require_replay,
    truth_of,
)

STRATEGY, STOP = Chain(RepetitionPenalty(1.3), TopK(4)), 4


def python_groups(distribution, groups, width, diversity, penalty, stop):
    """Return the sequences of every group, in order, and their scores."""
    begins = {(): 1.0}
    for sequence, p in zip(distribution.sequences, distribution.probs, strict=True):
        for end in range(1, LENGTH + 1):
            begin = tuple(sequence[:end])
            begins[begin] = begins.get(begin, 0.0) + p

    def score(begin):
        length = begin.index(stop) + 1 if stop in begin else len(begin)
        return np.log(begins[begin]) / length**penalty

    beams = [[()] for _ in range(groups)]
    for _ in range(LENGTH):
        chosen = []
        for group, beam in enumerate(beams):
            found = []
            for tokens in beam:
                ended = stop in tokens
                for begin in ((*tokens, symbol) for symbol in range(V)):
                    if begins.get(begin, 0.0) > 0:
                        avoided = 0 if ended else chosen.count(begin[-1])
                        found.append((score(begin) - diversity * avoided, begin))
            best = sorted(found, key=lambda item: -item[0])[:width]
            beams[group] = [begin for _, begin in best]
            chosen += [begin[-1] for begin in beams[group] if stop not in begin[:-1]]
    return beams, [[score(begin) for begin in beam] for beam in beams]


@pytest.mark.parametrize(
    ("diversity", "penalty", "stop"), [(0.9, 0.0, None), (0.4, 1.3, STOP)]
)
def test_groups_equal_those_in_python(diversity, penalty, stop):
    groups, width = 3, 2
    decoder = DiverseBeamSearch(groups * width, groups, diversity, penalty)
    decoded = decode(decoder, STRATEGY, stop=stop)
    truth = truth_of(STRATEGY, stop=stop)
    require_replay(decoded, truth)
    arguments = (groups, width, diversity, penalty, stop)
    beams, scores = python_groups(truth.strategy, *arguments)
    np.testing.assert_array_equal(decoded[1].tokens[0], np.concatenate(beams))
    np.testing.assert_allclose(
        decoded[2].log_weights[0], np.concatenate(scores), atol=1e-4
    )
    # Without the penalty, all groups would be equal.
    assert len({tuple(map(tuple, beam)) for beam in beams}) == groups


def test_one_group_is_a_beam():
    one = decode(DiverseBeamSearch(4, 1, 2.0), STRATEGY)
    other = decode(BeamSearch(4), STRATEGY)
    np.testing.assert_array_equal(one[1].tokens, other[1].tokens)


def test_groups_must_divide_the_members():
    with pytest.raises(
        ValueError, match="groups of DiverseBeamSearch is 3; it must be"
    ):
        DiverseBeamSearch(4, 3, 1.0)
