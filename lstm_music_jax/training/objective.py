"""What is minimised: cross-entropy, over every position or over the last one only."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.training.config import Objective
from lstm_music_jax.training.data import Batch
from lstm_music_jax.types import Array, Bool, PRNGKeys, Scalar


class Totals(NamedTuple):
    """Sums over the predicted symbols of a batch, so that batches add up exactly."""

    loss: Scalar  # nats
    correct: Scalar
    count: Scalar


class Predicted(NamedTuple):
    """What a batch adds to the objective, its totals, and the state behind it."""

    minimised: Scalar  # nats; the totals' loss, or its smoothed form
    totals: Totals
    state: State


def predict(
    model: MusicLSTM,
    batch: Batch,
    objective: Objective = "all",
    dropout_keys: PRNGKeys | None = None,
    *,
    state: State | None = None,
    resets: Bool[Array, "b t"] | None = None,
    smoothing: float = 0.0,
) -> Predicted:
    """Sum -log p(target) over the counted targets, from `state` (default: zero).

    Where `resets` holds, a stream's state is zero before the input is read.

    With `objective="last"` only a window's last position counts, as in the recipe
    this project started from; the head is then applied to that position alone.

    Label smoothing (Szegedy et al. 2016) takes the share `smoothing` from the target
    and spreads it over the vocabulary, in what is minimised; the totals are those of
    the targets themselves, so that losses can be compared.
    """
    state, hidden = model.unroll_hidden(batch.inputs, state, dropout_keys, resets)
    targets, counted = batch.targets, batch.counted
    if objective == "last":
        hidden, targets, counted = hidden[:, -1:], targets[:, -1:], counted[:, -1:]
    logits = model.logits(hidden)
    log_probs = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]
    correct = jnp.argmax(logits, axis=-1) == targets
    loss = -jnp.sum(jnp.where(counted, chosen, 0.0))
    minimised = loss
    if smoothing:
        spread = -jnp.sum(jnp.where(counted, jnp.mean(log_probs, axis=-1), 0.0))
        minimised = (1 - smoothing) * loss + smoothing * spread
    totals = Totals(
        loss,
        jnp.sum(jnp.where(counted, correct, False).astype(jnp.float32)),
        jnp.sum(counted.astype(jnp.float32)),
    )
    return Predicted(minimised, totals, state)


def cross_entropy(
    model: MusicLSTM,
    batch: Batch,
    objective: Objective = "all",
    dropout_keys: PRNGKeys | None = None,
) -> Totals:
    """Return the totals of `predict`."""
    return predict(model, batch, objective, dropout_keys).totals
