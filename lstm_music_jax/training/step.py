"""The pure train step: (state, windows) -> (state, metrics), several a dispatch."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.parallel import Shard
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import Windows, epoch_order, read_windows
from lstm_music_jax.training.objective import Totals, cross_entropy
from lstm_music_jax.types import Array, Int, PRNGKey, PyTree, Scalar


class TrainState(NamedTuple):
    """Everything that a step changes; a PyTree."""

    step: Int[Array, ""]
    model: MusicLSTM
    optimizer: PyTree


class StepMetrics(NamedTuple):
    """One step's: mean loss in nats, accuracy, norm of the gradient before clipping."""

    loss: Scalar
    accuracy: Scalar
    gradient_norm: Scalar


def optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Return Adam (Kingma & Ba 2014) behind clipping by the global norm."""
    clip = (
        optax.identity()
        if config.clip is None
        else optax.clip_by_global_norm(config.clip)
    )
    return optax.chain(clip, optax.adam(learning_rate(config)))


def learning_rate(config: TrainingConfig) -> optax.Schedule:
    """Return the learning rate by step: a linear warm-up, then constant or a cosine."""
    peak, warmup = config.learning_rate, config.warmup
    if config.schedule == "cosine":
        rest = optax.cosine_decay_schedule(peak, config.steps - warmup)
    else:
        rest = optax.constant_schedule(peak)
    if not warmup:
        return rest
    # Step 0 would waste its batch at a rate of 0.
    rising = optax.linear_schedule(peak / (warmup + 1), peak, warmup)
    return optax.join_schedules([rising, rest], [warmup])


def initial_state(
    model: ModelConfig, training: TrainingConfig, vocab_size: int
) -> TrainState:
    """Draw fresh parameters from the run's seed."""
    fresh = MusicLSTM(
        vocab_size,
        model.sizes,
        dropout=model.dropout,
        key=jax.random.fold_in(jax.random.key(training.seed), 0),
    )
    return TrainState(jnp.int32(0), fresh, optimizer(training).init(fresh))


def train_steps(
    shard: Shard,
    state: TrainState,
    windows: Windows,
    steps: Int[Array, ""],
    *,
    config: TrainingConfig,
) -> tuple[TrainState, StepMetrics]:
    """Take `steps` steps, at most `config.steps_a_dispatch`.

    Metrics have the steps as their leading axis, NaN beyond the ones taken: one
    compiled program serves any number of steps.

    Which windows a step reads, and their dropout, depend on the seed and the step's
    number alone; of these windows each shard reads its rows.
    """
    order_key, dropout_key = jax.random.split(
        jax.random.fold_in(jax.random.key(config.seed), 1)
    )

    def advance(index, carry):
        state, metrics = carry
        indices, rows = _rows_of_step(shard, state.step, windows, config, order_key)
        batch = read_windows(windows, indices, config.window)
        keys = _row_keys(dropout_key, state.step, rows)

        def loss(model):
            totals = cross_entropy(model, batch, config.objective, keys)
            return totals.loss, totals

        gradients, totals = jax.grad(loss, has_aux=True)(state.model)
        # Sums over all shards and one division: a mean of means would weigh a
        # symbol by how many others its shard happens to predict.
        gradients, totals = shard.sum((gradients, totals))
        count = jnp.maximum(totals.count, 1.0)
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
        )
        now = StepMetrics(
            totals.loss / count, totals.correct / count, optax.tree.norm(gradients)
        )
        return state, jax.tree.map(
            lambda all_, one: all_.at[index].set(one), metrics, now
        )

    empty = jnp.full(config.steps_a_dispatch, jnp.nan, jnp.float32)
    return jax.lax.fori_loop(
        0, steps, advance, (state, StepMetrics(empty, empty, empty))
    )


def evaluate(
    shard: Shard, model: MusicLSTM, windows: Windows, *, config: TrainingConfig
) -> Totals:
    """Sum the objective over all windows, without dropout, a batch at a time."""
    count = windows.starts.shape[0]
    batch_size = min(config.batch_size, -(-count // shard.count) * shard.count)
    rows = shard.rows(batch_size)

    def add(totals, start):
        indices = start + rows
        batch = read_windows(windows, jnp.minimum(indices, count - 1), config.window)
        batch = batch._replace(counted=batch.counted & (indices < count)[:, None])
        added = cross_entropy(model, batch, config.objective)
        return jax.tree.map(jnp.add, totals, added), None

    starts = batch_size * jnp.arange(-(-count // batch_size))
    zero = Totals(jnp.float32(0), jnp.float32(0), jnp.float32(0))
    return shard.sum(jax.lax.scan(add, zero, starts)[0])


def _rows_of_step(shard, step, windows, config, key: PRNGKey):
    # An epoch's last batch is filled up from the beginning of the same epoch.
    count = windows.starts.shape[0]
    steps_an_epoch = -(-count // config.batch_size)
    rows = shard.rows(config.batch_size)
    positions = (step % steps_an_epoch) * config.batch_size + rows
    return epoch_order(key, step // steps_an_epoch, positions % count, count), rows


def _row_keys(key, step, rows):
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.fold_in(key, step), rows)
