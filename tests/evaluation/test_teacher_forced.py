"""Teacher forcing, against plain loops, the engine and the loss of validation."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.devices import spread
from lstm_music_jax.evaluation.teacher_forced import teacher_force, teacher_force_sweep
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.strategies import (
    XTC,
    Chain,
    NoRepeatNgram,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
)
from lstm_music_jax.testing.toy_model import ToyModel
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.step import evaluate, new_model
from tests.training.conftest import MODEL as SIZES, TRAINING, noisy_scales

SIZE = 6
RNG = np.random.default_rng(0)
TABLE = RNG.normal(0, 2, (SIZE, SIZE)).astype(np.float32)
MODEL = ToyModel(jnp.asarray(TABLE))
# More than one batch of two pieces, and more than one block.
PIECES = [RNG.integers(SIZE, size=n) for n in (7, 300, 1, 2, 140)]
read = partial(teacher_force, MODEL, PIECES, parallel_pieces=2)


def log_softmax(logits):
    logits = logits - logits.max()
    return logits - np.log(np.exp(logits).sum())


def distributions(piece, window=None):
    """Return the log-probabilities before each symbol but the first, in plain loops."""
    rows = []
    for end in range(1, len(piece)):
        state = np.zeros(SIZE)
        for symbol in piece[max(0, end - window) if window else 0 : end]:
            state = 0.5 * state + TABLE[symbol]
        rows.append(log_softmax(state))
    return rows


@pytest.mark.parametrize(
    ("context", "window"), [(Carried(), None), (SlidingWindow(3), 3)]
)
def test_a_model_by_plain_loops(context, window):
    for piece, forced in zip(PIECES, read(context=context), strict=True):
        rows = distributions(piece, window)
        surprisal = [-row[true] for row, true in zip(rows, piece[1:], strict=True)]
        entropy = [-(np.exp(row) * row).sum() for row in rows]
        np.testing.assert_allclose(forced.trace.surprisal, surprisal, atol=1e-5)
        np.testing.assert_allclose(forced.trace.model_entropy, entropy, atol=1e-5)
        assert forced.trace.surprisal.shape == (len(piece) - 1,)


def test_a_strategy_by_plain_loops():
    """A repetition penalty and top-k, whose state is fed with the true symbols."""
    strategy = Chain(RepetitionPenalty(1.5, by_sign=True), TopK(3))
    for piece, forced in zip(PIECES, read(strategy=strategy), strict=True):
        state = np.zeros(SIZE)
        for place, true in enumerate(piece[1:]):
            state = 0.5 * state + TABLE[piece[place]]
            logits = state.copy()
            seen = np.unique(piece[: place + 1])
            logits[seen] = np.where(
                logits[seen] > 0, logits[seen] / 1.5, logits[seen] * 1.5
            )
            kept = logits >= np.sort(logits)[-3]
            shaped = log_softmax(np.where(kept, logits, -np.inf))
            assert forced.trace.kept_count[place] == 3
            assert forced.kept[place] == kept[true]
            np.testing.assert_allclose(
                forced.strategy_log_probs[place], shaped[true], atol=1e-5
            )


@pytest.mark.parametrize(
    "strategy", [XTC(0.1, 0.5), NoRepeatNgram(2), Temperature(0.7)], ids=repr
)
def test_generated_pieces_have_the_trace_that_they_were_drawn_with(strategy):
    """States and noise are those of the engine: piece i is stream i of the batch."""
    prompts = jnp.arange(4, dtype=jnp.int32)[:, None]
    key = jax.random.key(5)
    drawn = generate(MODEL, prompts, key, length=20, strategy=strategy, trace=True)
    pieces = list(np.concatenate([prompts, drawn.tokens], axis=1))
    # Pieces of unequal length are read in another order.
    pieces = [piece[: 12 + 2 * i] for i, piece in enumerate(pieces)]
    forced = teacher_force(MODEL, pieces, strategy=strategy, seed=5, parallel_pieces=3)
    for i, (piece, each) in enumerate(zip(pieces, forced, strict=True)):
        n = len(piece) - 1
        np.testing.assert_allclose(
            each.strategy_log_probs, drawn.strategy_log_probs[i, :n], atol=1e-5
        )
        for name, figures in each.trace._asdict().items():
            before = getattr(drawn.trace, name)[i, :n]
            np.testing.assert_allclose(figures, before, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("batching", ["windows", "streams"])
def test_the_mean_surprisal_is_the_validation_loss_of_training(batching):
    """Windows are validated one by one, and streams piece by piece."""
    config = dataclasses.replace(TRAINING, batching=batching)
    dataset = noisy_scales()
    model = new_model(SIZES, len(dataset.vocabulary), seed=0)
    _, validation = training_data(dataset, config)
    totals = spread(partial(evaluate, config=config), jax.devices()[:1])(
        model, validation
    )
    pieces = [
        piece[first : first + config.window + 1] if batching == "windows" else piece
        for piece in dataset.validation
        for first in range(0, len(piece) - 1, config.window)
        if batching == "windows" or first == 0
    ]
    surprisal = [each.trace.surprisal for each in teacher_force(model, pieces)]
    found = np.concatenate(surprisal)
    assert len(found) == totals.targets
    np.testing.assert_allclose(found.mean(), totals.loss / totals.targets, atol=1e-5)


def test_a_sweep_equals_its_settings():
    swept = teacher_force_sweep(
        MODEL, PIECES, TopP(np.array([0.3, 0.9], np.float32)), parallel_pieces=2
    )
    for row, p in enumerate((0.3, 0.9)):
        for each, alone in zip(swept, read(strategy=TopP(p)), strict=True):
            assert each.kept.shape == (2, *alone.kept.shape)
            np.testing.assert_array_equal(each.kept[row], alone.kept)
            np.testing.assert_allclose(
                each.trace.strategy_entropy[row],
                alone.trace.strategy_entropy,
                atol=1e-5,
            )


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([np.array([0]), np.array([1, 6])], "piece 1 holds the id 6; ids must be from"),
        ([np.array([], int)], "piece 0 is empty; it must have a symbol or more"),
    ],
)
def test_wrong_pieces(pieces, message):
    with pytest.raises(ValueError, match=message):
        teacher_force(MODEL, pieces)


def test_settings_that_are_not_stacked():
    with pytest.raises(ValueError, match="leading axis of settings"):
        teacher_force_sweep(MODEL, PIECES, TopP(0.5))


def test_logits_that_become_nan_are_named():
    broken = ToyModel(MODEL.table.at[3].set(jnp.nan))
    pieces = [np.array([0, 1, 2]), np.array([0, 3, 1, 2])]
    with pytest.raises(RuntimeError, match="logits of piece 1 became NaN"):
        teacher_force(broken, pieces)


def test_no_pieces():
    assert teacher_force(MODEL, []) == []
