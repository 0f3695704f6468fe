"""Symbols that training never sees: which they are, and what probability they keep."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.model.ngram_counts import kneser_ney
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.training.baselines import ngram_cross_entropies
from lstm_music_jax.training.data import target_counts, with_unseen
from lstm_music_jax.training.objective import predict
from lstm_music_jax.training.run_folder import load_run
from lstm_music_jax.training.step import initial_state
from lstm_music_jax.training.train import train
from lstm_music_jax.training.windows import cut_windows
from tests.training.conftest import MODEL, TRAINING

ONE = {"devices": jax.local_devices()[:1], "show": False}
PITCHES = range(40, 80)
UNSEEN = [f"pitch_{pitch}" for pitch in PITCHES if not 60 <= pitch < 67]


def events_dataset():
    """Return a dataset of pitches 60 to 66; a held-out piece has others too."""
    symbols = [*(f"pitch_{pitch}" for pitch in PITCHES), "shift_6"]
    vocabulary = Vocabulary((*symbols, "<start>"), "<start>")
    rng = np.random.default_rng(0)

    def piece(pitches):
        read = ["<start>"]
        for pitch in pitches:
            read += [f"pitch_{pitch}", "shift_6"]
        return vocabulary.ids_of(read)

    pieces = tuple(piece(rng.integers(60, 67, 30)) for _ in range(12))
    held_out = (piece([60, 61, 62, 40, 61, 79, 66, 65, 64, 63, 62, 61, 60, 45]),)
    return Dataset(Events(), vocabulary, pieces, held_out, {})


def test_unseen_is_what_no_training_piece_has_nor_its_transpositions():
    data = with_unseen(events_dataset(), TRAINING)
    assert [*data.vocabulary.unseen] == UNSEEN
    moved = dataclasses.replace(TRAINING, transpose=3)
    data = with_unseen(events_dataset(), moved)
    far = [f"pitch_{p}" for p in PITCHES if not 57 <= p < 70]
    assert [*data.vocabulary.unseen] == far


def test_a_name_that_only_a_held_out_piece_has_is_unseen():
    vocabulary = Vocabulary(("C4", "D4", "<start>", "<end>"), "<start>", "<end>")
    pieces = (np.int32([2, 0, 0, 3]),), (np.int32([2, 0, 1, 3]),)
    data = with_unseen(Dataset(NoteNames(), vocabulary, *pieces, {}), TRAINING)
    assert data.vocabulary.unseen == ("D4",)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_share_is_spread_over_the_unseen_symbols(dataset, smoothing):
    model = initial_state(MODEL, TRAINING, 9).model
    batch = cut_windows(dataset.train, 12).at(jnp.arange(3), 12)
    batch = batch._replace(counted=batch.counted.at[1, 5:].set(False))
    logits = np.asarray(model.unroll(batch.inputs)[1], np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    wanted = (0.9 - smoothing) * np.eye(9)[np.asarray(batch.targets)] + smoothing / 9
    wanted[..., [2, 7]] += 0.05
    loss = -(wanted * log_probs).sum(-1)[np.asarray(batch.counted)].sum()
    plain = predict(model, batch)
    found = predict(model, batch, smoothing=smoothing, unseen=[2, 7], unseen_share=0.1)
    np.testing.assert_allclose(found.minimised, loss, rtol=1e-5)
    assert found.totals == plain.totals
    # If training sees every symbol, the share is given to none.
    assert predict(model, batch, unseen_share=0.1).minimised == plain.minimised


@pytest.mark.slow
def test_unseen_symbols_keep_a_probability(tmp_path):
    config = dataclasses.replace(
        TRAINING,
        steps=300,
        learning_rate=3e-2,
        schedule="cosine",
        evaluate_every=300,
        steps_per_dispatch=50,
    )
    data = events_dataset()
    result = train(tmp_path / "run", data, MODEL, config, **ONE)
    assert result.last_loss < np.log(len(data.vocabulary))
    run = load_run(tmp_path / "run")
    assert [*run.vocabulary.unseen] == UNSEEN
    _, logits = run.model.unroll(jnp.asarray(data.train[0])[None])
    log_probs = jax.nn.log_softmax(logits[0])[:, jnp.array(run.vocabulary.unseen_ids)]
    # A thousandth, shared by 33 symbols, is 10.4 nats. Without a share it is 13.4.
    assert 10 < -log_probs.mean() < 12.2


def test_the_baselines_give_unseen_symbols_a_probability():
    data = events_dataset()
    pieces = data.train, data.validation, len(data.vocabulary)
    assert np.all(np.isfinite(ngram_cross_entropies(*pieces)))
    model = kneser_ney(data.train, len(data.vocabulary), 5)
    probabilities = model.probabilities(data.validation)[-1]
    unseen = np.isin(data.validation[0][1:], data.vocabulary.ids_of(UNSEEN))
    assert unseen.sum() == 3
    assert 0 < probabilities[unseen].max() < probabilities[~unseen].min()


def test_training_begins_with_smoothed_frequencies():
    data = events_dataset()
    counts = target_counts(data)
    assert counts.sum() == 12 * 60
    assert counts[data.vocabulary.ids_of(["shift_6"])] == 12 * 30
    assert not counts[data.vocabulary.ids_of([*UNSEEN, "<start>"])].any()
    size = len(data.vocabulary)
    bias = initial_state(MODEL, TRAINING, size, counts).model.head_bias[...]
    np.testing.assert_allclose(np.exp(bias), (counts + 1) / (720 + size), rtol=1e-5)
    zeros = dataclasses.replace(TRAINING, initial_bias="zeros")
    assert not initial_state(MODEL, zeros, size, counts).model.head_bias[...].any()
