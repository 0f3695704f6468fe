"""The training objective: cross-entropy at every position, or at the last one only."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.training.batch import Batch
from lstm_music_jax.training.config import Objective
from lstm_music_jax.types import PRNGKeys, Scalar


class Totals(NamedTuple):
    """Sums over the counted targets of a batch; the sums of batches can be added.

    `loss` is the cross-entropy in nats, `correct` the number of targets that were the
    model's most probable symbol, and `targets` the number of targets.
    """

    loss: Scalar
    correct: Scalar
    targets: Scalar

    @classmethod
    def zero(cls) -> "Totals":
        """Return sums over no targets."""
        return cls(jnp.float32(0), jnp.float32(0), jnp.float32(0))


class Predicted(NamedTuple):
    """The prediction of a batch: the sum to minimise, the totals, and the last state.

    `minimised` is the loss of the totals, with smoothed labels if requested, in nats.
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
    unseen: Sequence[int] = (),
    unseen_share: float = 0.0,
) -> Predicted:
    """Sum -log p(target) over the counted targets of a batch.

    The batch is read from `state`, by default the zero state.

    With `objective="last"` only the last position of each sequence counts, as in the
    original recipe that this project reproduces. The head is then applied to that
    position alone.

    Label smoothing (Szegedy et al. 2016) takes the share `smoothing` from each target
    and spreads it over the vocabulary. In the same way `unseen_share` is spread over
    the ids `unseen`, if there are any. Both only change the sum that is minimised. The
    totals stay unsmoothed, so that losses can be compared.
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
    spread = np.full(log_probs.shape[-1], smoothing / log_probs.shape[-1], np.float32)
    if unseen:
        spread[[*unseen]] += unseen_share / len(unseen)
    if spread.any():
        smoothed = jnp.where(counted, log_probs @ spread, 0.0)
        minimised = (1 - spread.sum()) * loss - jnp.sum(smoothed)
    totals = Totals(
        loss,
        jnp.sum(jnp.where(counted, correct, False).astype(jnp.float32)),
        jnp.sum(counted.astype(jnp.float32)),
    )
    return Predicted(minimised, totals, state)
