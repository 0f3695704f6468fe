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
    """Loss, correct predictions and number of targets of a batch, each a sum.

    A target is a symbol to predict. Only targets for which `Batch.counted` is True
    enter the sums. The totals of several batches can be added.

    `loss` is the cross-entropy in nats, `correct` the number of targets that were the
    model's most probable symbol, and `targets` the number of targets.
    """

    loss: Scalar
    correct: Scalar
    targets: Scalar

    @classmethod
    def zero(cls) -> "Totals":
        """Return the totals of an empty batch, which are all 0."""
        return cls(jnp.float32(0), jnp.float32(0), jnp.float32(0))


class Predicted(NamedTuple):
    """The result of predicting a batch: sum to minimise, totals, and last LSTM state.

    `minimised` is the sum that training minimises, in nats. It includes label smoothing
    and the share of unseen symbols, if there are any. `totals.loss` never does: it is
    the sum of -log p(target).
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
    """Predict the targets of a batch, and sum their losses.

    The LSTM begins in `state`, or in the zero state if it is None. Without
    `dropout_keys`, which are one key per sequence, there is no dropout.

    With `objective="last"` only the last position of each sequence counts, as in the
    original recipe that this project reproduces. The head is then applied to that
    position alone.

    The result has two sums of losses, in nats:

    - `totals.loss` is the sum of -log p(target). It serves reports, so it does not
      depend on `smoothing` and `unseen_share`, and losses of several runs can be
      compared.
    - `minimised` is what training minimises. Label smoothing (Szegedy et al. 2016)
      takes the probability `smoothing` from each target and spreads it evenly over the
      vocabulary. In the same way, the probability `unseen_share` is spread over the
      symbols with the ids `unseen`, if there are any.
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
