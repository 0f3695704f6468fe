"""Redrawing: one piece of a batch alone, and how close each symbol came."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import (
    SMC,
    Arithmetic,
    Carried,
    Events,
    Gumbel,
    MusicLSTM,
    NoteNames,
    Performance,
    Run,
    SlidingWindow,
    Vocabulary,
    compose,
    divergence,
    redraw,
    scores_after,
    start_prompts,
    strategies,
)
from lstm_music_jax.strategies import Temperature

pytestmark = pytest.mark.slow

KEY = jax.random.key(5)
SYMBOLS = {
    Events(): ("pitch_60", "pitch_64", "pitch_67", "shift_6", "shift_12", "duration_6"),
    NoteNames(): ("C4", "E4", "4.9", "G5"),
    Performance(): ("on_60", "on_64", "off_60", "off_64", "shift_10", "velocity_16"),
}


def make_run(encoding):
    symbols = SYMBOLS[encoding]
    vocabulary = Vocabulary.from_pieces([symbols], others=encoding.symbols or ())
    model = MusicLSTM(len(vocabulary), (8,), key=jax.random.key(0))
    return Run(model, vocabulary, encoding, {})


@pytest.mark.parametrize(
    ("encoding", "settings"),
    [
        (Events(), {"notes": 20, "strategy": strategies.DRY(0.8)}),
        (NoteNames(), {"length": 25, "context": SlidingWindow(4)}),
        (Performance(), {"notes": 15, "until_end": True, "draw": Arithmetic()}),
        (NoteNames(), {"length": 9, "decoder": SMC(3, target=Temperature(0.8))}),
    ],
    ids=["events", "names", "performance", "decoder"],
)
def test_a_piece_of_a_batch_is_drawn_again_alone(encoding, settings):
    run = make_run(encoding)
    ids = run.vocabulary.ids_of(list(SYMBOLS[encoding]) * 2)
    prompts = jnp.tile(jnp.asarray(ids)[None], (40, 1)).at[:, 0].set(jnp.arange(40) % 5)
    batch = compose(run, prompts, KEY, keep_primer=True, **settings)
    for number in (0, 37):
        piece = batch[number]
        again = redraw(run, piece.origin)
        assert again.score.notes == piece.score.notes
        assert again.symbols == piece.symbols[: len(again.symbols)]
        assert again.ended == piece.ended
        assert again.origin.stream == number
        assert again.origin.streams == 40
    assert batch[0].symbols != batch[37].symbols


def test_another_strategy_gets_the_same_noise():
    """A strategy that changes nothing draws the same; others part at some symbol."""
    run = make_run(Events())
    piece = compose(run, start_prompts(run, 3), KEY, notes=20)[2]
    same = redraw(run, piece.origin, strategies.Temperature(1.0))
    assert same.score.notes == piece.score.notes
    other = redraw(run, piece.origin, strategies.Temperature(0.3))
    parted = divergence(piece.symbols, piece.score, other.symbols, other.score)
    assert parted.symbol > 0
    assert parted.note is not None


@pytest.mark.parametrize("context", [Carried(), SlidingWindow(5)])
def test_the_symbol_with_the_highest_score_is_drawn(context):
    run = make_run(Events())
    strategy = strategies.Chain(
        strategies.RepetitionPenalty(1.2), strategies.Temperature(0.7)
    )
    settings = {"notes": 15, "strategy": strategy, "context": context}
    piece = compose(run, start_prompts(run, 4), KEY, trace=True, **settings)[3]
    drawn = run.vocabulary.ids_of(piece.symbols)
    for n in (0, 7, 20):
        scores = scores_after(run, piece.origin, drawn[:n])
        assert np.argmax(scores.perturbed) == drawn[n]
        entropy = -np.sum(
            np.exp(scores.log_probs)
            * np.where(np.isfinite(scores.log_probs), scores.log_probs, 0)
        )
        np.testing.assert_allclose(entropy, piece.trace.strategy_entropy[n], atol=1e-4)


def test_arithmetic_sampling_adds_no_noise():
    run = make_run(Events())
    settings = {"length": 9, "draw": Arithmetic()}
    piece = compose(run, start_prompts(run, 4), KEY, **settings)[1]
    drawn = run.vocabulary.ids_of(piece.symbols)
    scores = scores_after(run, piece.origin, drawn[:8])
    assert scores.perturbed is None
    assert np.isfinite(scores.log_probs[drawn[8]])
    assert Gumbel() != piece.origin.draw
