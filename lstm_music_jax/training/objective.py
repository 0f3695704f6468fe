"""What is minimised: cross-entropy, over every position or over the last one only."""

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.training.data import Batch
from lstm_music_jax.types import PRNGKeys, Scalar

Objective = Literal["all", "last"]


class Totals(NamedTuple):
    """Sums over the predicted symbols of a batch, so that batches add up exactly."""

    loss: Scalar  # nats
    correct: Scalar
    count: Scalar


def cross_entropy(
    model: MusicLSTM,
    batch: Batch,
    objective: Objective = "all",
    dropout_keys: PRNGKeys | None = None,
) -> Totals:
    """Sum -log p(target) over the counted targets, from the zero state.

    With `objective="last"` only a window's last position counts, as in the recipe
    this project started from; the head is then applied to that position alone.
    """
    _, hidden = model.unroll_hidden(batch.inputs, None, dropout_keys)
    targets, counted = batch.targets, batch.counted
    if objective == "last":
        hidden, targets, counted = hidden[:, -1:], targets[:, -1:], counted[:, -1:]
    logits = model.logits(hidden)
    log_probs = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]
    correct = jnp.argmax(logits, axis=-1) == targets
    return Totals(
        -jnp.sum(jnp.where(counted, chosen, 0.0)),
        jnp.sum(jnp.where(counted, correct, False).astype(jnp.float32)),
        jnp.sum(counted.astype(jnp.float32)),
    )
