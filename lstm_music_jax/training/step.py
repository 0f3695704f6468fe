"""The training step, a pure function: (state, data) -> (state, metrics).

One call of the compiled function takes several steps.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lstm_music_jax.devices import Shard
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import Batcher, batcher_class
from lstm_music_jax.training.keys import dropout_key, parameters_key, row_keys
from lstm_music_jax.training.objective import Totals, predict
from lstm_music_jax.training.optimizer import optimizer
from lstm_music_jax.types import Array, Float, Int, PyTree, Scalar


class TrainState(NamedTuple):
    """Everything that a training step changes; a PyTree.

    It holds the number of steps taken, the model, and the state of the optimiser.
    `carried` are the LSTM states that the next step begins with, one per row of the
    batch. They are None if every step begins with the zero state, as it does when it
    reads windows.
    """

    step: Int[Array, ""]
    model: MusicLSTM
    optimizer: PyTree
    carried: PyTree = None


class StepMetrics(NamedTuple):
    """Metrics of a training step: loss, accuracy, and gradient norm before clipping.

    The loss is the mean cross-entropy of the targets, in nats. Label smoothing and the
    share of unseen symbols do not enter it.
    """

    loss: Scalar
    accuracy: Scalar
    gradient_norm: Scalar


def new_model(config: ModelConfig, vocab_size: int, seed: int) -> MusicLSTM:
    """Return a model with random initial parameters."""
    return MusicLSTM(
        vocab_size,
        config.sizes,
        dropout=config.dropout,
        gate=config.gate,
        cores=config.cores,
        key=parameters_key(seed),
    )


def initial_state(
    model: ModelConfig,
    training: TrainingConfig,
    vocab_size: int,
    counts: Float[np.ndarray, "v"] | None = None,
) -> TrainState:
    """Return the training state before the first step.

    `counts` says how often each symbol is a target of training. With
    `initial_bias="counts"`, the output bias is log(c / sum(c)), where c is
    `counts + 1`: the log-probability of each symbol by add-one smoothing. Otherwise, or
    without `counts`, the output bias is zero.
    """
    fresh = new_model(model, vocab_size, training.seed)
    if counts is not None and training.initial_bias == "counts":
        smoothed = counts + 1
        fresh.head_bias[...] = jnp.float32(np.log(smoothed / smoothed.sum()))
    zero_states = fresh.initial_states(training.batch_size)
    return TrainState(
        jnp.int32(0),
        fresh,
        optimizer(training).init(fresh),
        batcher_class(training).carried(zero_states),
    )


def train_steps(
    shard: Shard,
    state: TrainState,
    data: Batcher,
    steps: Int[Array, ""],
    *,
    config: TrainingConfig,
    unseen: Sequence[int] = (),
) -> tuple[TrainState, StepMetrics]:
    """Take `steps` training steps, which must be at most `config.steps_per_dispatch`.

    The metrics have a leading axis of `steps_per_dispatch` entries, which are NaN where
    no step was taken. So one compiled program serves any number of steps.

    `unseen` are the ids of the symbols of the vocabulary that training never reads. The
    loss gives them the share `config.unseen_share` of each target's probability, so
    that they keep a small probability.

    The symbols that a step reads, their transposition and the dropout masks depend only
    on the seed and the step's number.

    If there are several devices, all run this function, and each reads its own rows of
    the batch. `shard` says which rows. The gradients and the metrics are those of the
    whole batch.
    """
    rows = shard.rows(config.batch_size)

    def take_step(index, carry):
        state, metrics = carry
        batch = data.read(state.step, rows, config)
        dropout_keys = row_keys(dropout_key(config.seed), state.step, rows)

        def loss(model):
            if config.precision == "bfloat16":
                model = model.in_bfloat16()
            predicted = predict(
                model,
                batch,
                config.objective,
                dropout_keys,
                state=state.carried,
                smoothing=config.label_smoothing,
                unseen=unseen,
                unseen_share=config.unseen_share,
            )
            return predicted.minimised, predicted

        gradients, predicted = jax.grad(loss, has_aux=True)(state.model)
        # The loss is summed over all shards and then divided. In a mean of the shards'
        # means, the weight of a symbol would depend on the number of symbols in its
        # shard.
        gradients, totals = shard.sum((gradients, predicted.totals))
        count = jnp.maximum(totals.targets, 1.0)
        gradients = jax.tree.map(lambda leaf: leaf / count, gradients)
        # Adam's bias correction raises a float to an integer power.
        with jax.numpy_dtype_promotion("standard"):
            updates, optimizer_state = optimizer(config).update(
                gradients, state.optimizer, state.model
            )
        state = TrainState(
            state.step + 1,
            optax.apply_updates(state.model, updates),
            optimizer_state,
            data.carried(predicted.state),
        )
        now = StepMetrics(
            totals.loss / count, totals.correct / count, optax.tree.norm(gradients)
        )
        return state, jax.tree.map(
            lambda values, value: values.at[index].set(value), metrics, now
        )

    missing = jnp.full(config.steps_per_dispatch, jnp.nan, jnp.float32)
    own_rows = jax.tree.map(lambda states: states[rows], state.carried)
    start = state._replace(carried=own_rows), StepMetrics(missing, missing, missing)
    with _matmul_precision(config):
        state, metrics = jax.lax.fori_loop(0, steps, take_step, start)
    return state._replace(carried=shard.gather(state.carried)), metrics


def evaluate(
    shard: Shard, model: MusicLSTM, data: Batcher, *, config: TrainingConfig
) -> Totals:
    """Sum the cross-entropy over all validation data, one batch after another.

    It uses float32 even if training uses bfloat16, and no dropout, label smoothing or
    transposition. If there are
    several devices, all run this function, and each reads its own part of every batch.
    `shard` says which part. The result is the sum over all devices.
    """
    # The batch is no larger than the data, rounded up to a multiple of the shards.
    batch_size = min(config.batch_size, -(-data.size // shard.count) * shard.count)
    rows = shard.rows(batch_size)

    def add(totals, first):
        batch_totals = data.totals(model, first + rows, config)
        return jax.tree.map(jnp.add, totals, batch_totals), None

    firsts = batch_size * jnp.arange(-(-data.size // batch_size))
    with _matmul_precision(config):
        return shard.sum(jax.lax.scan(add, Totals.zero(), firsts)[0])


def _matmul_precision(config) -> AbstractContextManager:
    if config.matmul_precision == "default":
        return nullcontext()
    return jax.default_matmul_precision(config.matmul_precision)
