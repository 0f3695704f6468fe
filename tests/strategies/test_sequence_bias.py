"""SequenceBias: its automaton, its errors, and music that it has shaped."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import grid, stack
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import Chain, SequenceBias
from lstm_music_jax.strategies.steering.sequence_matching import matching

INF = np.inf


@pytest.mark.parametrize("seed", range(20))
def test_which_sequences_can_be_completed_by_definition(seed):
    """Compare the automaton with a search, on sequences full of repeats."""
    rng = np.random.default_rng(seed)
    sequences = tuple(
        tuple(rng.integers(1 + seed % 4, size=rng.integers(1, 7)).tolist())
        for _ in range(rng.integers(1, 12))
    )
    letters, moves, completing = matching(sequences)
    state, music = 0, []
    for symbol in rng.integers(1 + seed % 5, size=60).tolist():
        found = completing[state][completing[state] < len(sequences)]
        wanted = [
            number
            for number, (*others, _) in enumerate(sequences)
            if music[len(music) - len(others) :] == others
        ]
        assert sorted(found.tolist()) == wanted
        music.append(symbol)
        state = moves[state, letters[min(symbol, len(letters) - 1)]]


def test_an_id_beyond_the_vocabulary_is_an_error():
    strategy = Chain(SequenceBias([[1, 2], [3, 7, 1]], [-INF, 2]))
    message = "sequences of SequenceBias holds the id 7; ids must be from 0 to 6"
    prompts, key = jnp.zeros((2, 1), jnp.int32), jax.random.key(0)
    with pytest.raises(ValueError, match=message):
        generate(MusicLSTM(7, (4,), key=key), prompts, key, length=3, strategy=strategy)


def test_forbidden_sequences_are_never_drawn():
    model = MusicLSTM(4, (6,), key=jax.random.key(1))
    prompts = jnp.zeros((8, 1), jnp.int32)
    strategy = SequenceBias([[1, 2], [3, 3, 3], [0]], [-INF, -INF, -INF])
    drawn = generate(model, prompts, jax.random.key(2), length=80, strategy=strategy)
    music = ["".join(map(str, row)) for row in np.asarray(drawn.tokens)]
    assert not any("12" in row or "333" in row or "0" in row for row in music)
    assert all("13" in row and "22" in row and "33" in row for row in music)


def test_biases_are_swept_and_sequences_are_not():
    settings, swept = grid(lambda b: SequenceBias([[1, 2]], [b]), b=[0.5, -INF])
    assert settings[1] == {"b": -INF}
    assert swept.biases.tolist() == [[0.5], [-INF]]
    with pytest.raises(ValueError, match="differ in more than their hyperparameters"):
        stack([SequenceBias([[1, 2]], [1]), SequenceBias([[1, 3]], [1])])


def test_sequences_may_be_arrays():
    rows = np.array([[1, 2], [3, 4]])
    assert SequenceBias(rows, [1, 2]) == SequenceBias([[1, 2], [3, 4]], [1, 2])
    assert SequenceBias(jnp.asarray(rows), [1, 2]).sequences == ((1, 2), (3, 4))


@pytest.mark.parametrize(
    "wrong", [[], [[]], [[1], []], [[1.5]], [[True]], [3], 3, "ab"]
)
def test_wrong_sequences_are_named(wrong):
    message = (
        r"it must be one or more sequences of one or more whole numbers, 0 or more"
    )
    with pytest.raises(ValueError, match=f"sequences of SequenceBias is .*; {message}"):
        SequenceBias(wrong, [1])


def test_negative_ids_and_others_out_of_range_are_named():
    for wrong in ([[1, -2]], [[2**70]]):
        with pytest.raises(ValueError, match="sequences of SequenceBias is"):
            SequenceBias(wrong, [1])


@pytest.mark.parametrize(
    ("biases", "message"),
    [
        ([1], "biases of SequenceBias is .1.0.; it must be 2 numbers, one for each"),
        ([1, INF], "is .1, inf.; it must be one or more numbers, below inf each"),
        ([1, np.nan], "is .1, nan.; it must be one or more numbers, below inf each"),
        ([1, 1e39], "it must be one or more numbers, below inf each"),
        (3, "biases of SequenceBias is 3; it must be one or more numbers"),
    ],
)
def test_wrong_biases_are_named(biases, message):
    with pytest.raises(ValueError, match=message):
        SequenceBias([[1, 2], [3]], biases)
