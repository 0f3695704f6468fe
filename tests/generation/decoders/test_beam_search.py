"""Beam search: the exact best sequences, or those of a beam in plain Python."""

import numpy as np
import pytest

from lstm_music_jax.generation.decoders.beam_search import BeamSearch
from lstm_music_jax.strategies import Chain, RepetitionPenalty, TopK
from tests.generation.decoders.enumerated import (
    LENGTH,
    PROMPT,
    V,
    decode,
    require_replay,
    truth_of,
)

STRATEGY = Chain(RepetitionPenalty(1.3), TopK(4))
STOP = 4


def test_a_wide_beam_holds_the_most_probable_sequences():
    # No beginning of the best 125 sequences can fall out of a beam of 125 members.
    width = V ** (LENGTH - 1)
    decoded, truth = decode(BeamSearch(width), STRATEGY), truth_of(STRATEGY)
    require_replay(decoded, truth)
    tokens, scores = decoded[1].tokens[0], decoded[2].log_weights[0]
    assert len(np.unique(tokens, axis=0)) == width
    wanted = truth.strategy.log_probs[truth.strategy.top(width)]
    np.testing.assert_allclose(scores, wanted, atol=1e-4)
    np.testing.assert_array_equal(tokens[0], truth.strategy.mode())
    assert decoded[2].picked == 0


def python_beam(distribution, width, penalty=0.0, stop=None):
    """Return the sequences of a beam and their scores, found without the model.

    The probability of a beginning is the sum over the sequences that begin so.
    """
    beam = [((), 0.0)]
    for place in range(LENGTH):
        begins = {}
        for sequence, p in zip(distribution.sequences, distribution.probs, strict=True):
            begin = tuple(sequence[: place + 1])
            begins[begin] = begins.get(begin, 0.0) + p
        found = []
        for tokens, _ in beam:
            for symbol in range(V):
                begin = (*tokens, symbol)
                if begins.get(begin, 0.0) > 0:
                    length = begin.index(stop) + 1 if stop in begin else place + 1
                    found.append((begin, np.log(begins[begin]) / length**penalty))
        beam = sorted(found, key=lambda item: -item[1])[:width]
    return beam


@pytest.mark.parametrize(
    ("width", "penalty", "stop"), [(3, 0.0, None), (4, 0.0, STOP), (7, 1.3, STOP)]
)
def test_a_narrow_beam_equals_one_in_python(width, penalty, stop):
    decoded = decode(BeamSearch(width, penalty), STRATEGY, stop=stop)
    truth = truth_of(STRATEGY, stop=stop)
    require_replay(decoded, truth)
    beam = python_beam(truth.strategy, width, penalty, stop)
    np.testing.assert_array_equal(decoded[1].tokens[0], [item[0] for item in beam])
    np.testing.assert_allclose(
        decoded[2].log_weights[0], [item[1] for item in beam], atol=1e-4
    )


def test_if_there_are_fewer_sequences_than_members_the_others_do_not_count():
    decoded, truth = decode(BeamSearch(9), TopK(1)), truth_of(TopK(1))
    np.testing.assert_array_equal(decoded[1].tokens[0, 0], truth.strategy.mode())
    np.testing.assert_array_equal(decoded[2].log_weights[0] > -np.inf, [True] + 8 * [0])


def test_a_prompt_that_has_ended_stays_as_it_is():
    """Its length is 0, by which the score must not be divided."""
    prompt = np.append(PROMPT, STOP).astype(np.int32)
    decoded = decode(BeamSearch(3, 1.0), stop=STOP, prompt=prompt)
    np.testing.assert_array_equal(decoded[1].tokens[0, 0], STOP)
    np.testing.assert_array_equal(decoded[2].log_weights[0], [0, -np.inf, -np.inf])
