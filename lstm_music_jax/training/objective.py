"""The training objective: cross-entropy at every position, or at the last one only."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.training.batch import Batch
from lstm_music_jax.training.config import Objective
from lstm_music_jax.types import PRNGKeys, Scalar


class Totals(NamedTuple):
    """Sums over the counted targets of a batch, so that batches add up exactly.

    The loss is in nats; `correct` counts the targets that the model found most
    probable, `targets` all of them.
    """

    loss: Scalar
    correct: Scalar
    targets: Scalar

    @classmethod
    def zero(cls) -> "Totals":
        """Return the sums over nothing."""
        return cls(jnp.float32(0), jnp.float32(0), jnp.float32(0))


class Predicted(NamedTuple):
    """What a batch adds to the objective, its totals, and the state after it.

    `minimised` is the totals' loss, or its smoothed form, in nats.
    """

    minimised: Scalar
    totals: Totals
    state: State


def predict(
    model: MusicLSTM,
    batch: Batch,
    objective: Objective = "all",
    dropout_keys: PRNGKeys | None = None,
    *,
    state: State | None = None,
    smoothing: float = 0.0,
) -> Predicted:
    """Sum -log p(target) over the counted targets of a batch.

    The batch is read from `state`, by default the zero state.

    With `objective="last"` only the last position of each sequence counts, as in the
    recipe that this project started from. The head is then applied to that position
    alone.

    Label smoothing (Szegedy et al. 2016) takes the share `smoothing` from each target
    and spreads it over the vocabulary. It changes only what is minimised. The totals
    are those of the targets themselves, so that losses can be compared.
    """
    state, hidden = model.unroll_hidden(batch.inputs, state, dropout_keys, batch.resets)
    targets, counted = batch.targets, batch.counted
    if objective == "last":
        hidden, targets, counted = hidden[:, -1:], targets[:, -1:], counted[:, -1:]
    logits = model.logits(hidden)
    log_probs = jax.nn.log_softmax(logits)
    target_log_probs = jnp.take_along_axis(log_probs, targets[..., None], axis=-1)
    correct = jnp.argmax(logits, axis=-1) == targets
    loss = -jnp.sum(jnp.where(counted, target_log_probs[..., 0], 0.0))
    minimised = loss
    if smoothing:
        uniform = -jnp.sum(jnp.where(counted, jnp.mean(log_probs, axis=-1), 0.0))
        minimised = (1 - smoothing) * loss + smoothing * uniform
    totals = Totals(
        loss,
        jnp.sum(jnp.where(counted, correct, False).astype(jnp.float32)),
        jnp.sum(counted.astype(jnp.float32)),
    )
    return Predicted(minimised, totals, state)
