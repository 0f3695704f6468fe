"""The pure train step: (state, windows) -> (state, metrics), several a dispatch."""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lstm_music_jax.devices import Shard
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import Pieces, Windows, epoch_order, read_windows
from lstm_music_jax.training.objective import Totals, predict
from lstm_music_jax.training.streams import read_streams
from lstm_music_jax.training.transpose import transpose_windows
from lstm_music_jax.types import Array, Int, PRNGKey, PyTree, Scalar


class TrainState(NamedTuple):
    """Everything that a step changes; a PyTree.

    `carried` is the LSTM state of all streams, `[b h]`, () where windows are trained.
    """

    step: Int[Array, ""]
    model: MusicLSTM
    optimizer: PyTree
    carried: PyTree = ()


class StepMetrics(NamedTuple):
    """One step's: mean loss in nats, accuracy, norm of the gradient before clipping.

    The loss is the cross-entropy of the targets, whatever is minimised.
    """

    loss: Scalar
    accuracy: Scalar
    gradient_norm: Scalar


def optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Return Adam (Kingma & Ba 2014) behind clipping by the global norm.

    Weight decay, where there is any, is decoupled from the gradient (Loshchilov &
    Hutter 2019) and takes from matrices only: biases are no cause of overfitting.
    """
    clip = (
        optax.identity()
        if config.clip is None
        else optax.clip_by_global_norm(config.clip)
    )
    if not config.weight_decay:
        return optax.chain(clip, optax.adam(learning_rate(config)))
    adam = optax.adamw(
        learning_rate(config), weight_decay=config.weight_decay, mask=_matrices
    )
    return optax.chain(clip, adam)


def _matrices(parameters):
    return jax.tree.map(lambda leaf: leaf.ndim > 1, parameters)


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
        gate=model.gate,
        key=jax.random.fold_in(jax.random.key(training.seed), 0),
    )
    carried = ()
    if training.batching == "streams":
        carried = fresh.initial_states(training.batch_size)
    return TrainState(jnp.int32(0), fresh, optimizer(training).init(fresh), carried)


_NOTHING = Totals(np.float32(0), np.float32(0), np.float32(0))


def train_steps(
    shard: Shard,
    state: TrainState,
    windows: Windows | Pieces,
    steps: Int[Array, ""],
    *,
    config: TrainingConfig,
) -> tuple[TrainState, StepMetrics]:
    """Take `steps` steps, at most `config.steps_a_dispatch`.

    Metrics have the steps as their leading axis, NaN beyond the ones taken: one
    compiled program serves any number of steps.

    What a step reads, its transposition and its dropout depend on the seed and the
    step's number alone; of the windows, or streams, each shard reads its rows.
    """
    rows = shard.rows(config.batch_size)
    order_key, dropout_key = jax.random.split(_key(config, 1))

    def advance(index, carry):
        state, metrics = carry
        batch, resets = _read(windows, state.step, rows, config, order_key)
        keys = _row_keys(dropout_key, state.step, rows)
        before = state.carried if config.batching == "streams" else None

        def loss(model):
            if config.precision == "bfloat16":
                model = model.in_bfloat16()
            predicted = predict(
                model,
                batch,
                config.objective,
                keys,
                state=before,
                resets=resets,
                smoothing=config.label_smoothing,
            )
            return predicted.minimised, predicted

        gradients, predicted = jax.grad(loss, has_aux=True)(state.model)
        # Sums over all shards and one division: a mean of means would weigh a
        # symbol by how many others its shard happens to predict.
        gradients, totals = shard.sum((gradients, predicted.totals))
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
            () if before is None else predicted.state,
        )
        now = StepMetrics(
            totals.loss / count, totals.correct / count, optax.tree.norm(gradients)
        )
        return state, jax.tree.map(
            lambda all_, one: all_.at[index].set(one), metrics, now
        )

    empty = jnp.full(config.steps_a_dispatch, jnp.nan, jnp.float32)
    begin = state._replace(carried=jax.tree.map(lambda all_: all_[rows], state.carried))
    with _matmul_precision(config):
        state, metrics = jax.lax.fori_loop(
            0, steps, advance, (begin, StepMetrics(empty, empty, empty))
        )
    return state._replace(carried=shard.gather(state.carried)), metrics


def evaluate(
    shard: Shard, model: MusicLSTM, windows: Windows | Pieces, *, config: TrainingConfig
) -> Totals:
    """Sum the cross-entropy over all windows, or pieces, a batch at a time.

    There is no dropout, smoothing or transposition, and products are in float32. A
    piece is read from the zero state to its end, `config.window` symbols at a time.
    """
    count = windows.starts.shape[0]
    batch_size = min(config.batch_size, -(-count // shard.count) * shard.count)
    rows = shard.rows(batch_size)
    add_up = _add_up_pieces if isinstance(windows, Pieces) else _add_up_windows

    def add(totals, start):
        # The last batch is filled up with copies that do not count.
        indices = start + rows
        lengths = windows.lengths[jnp.minimum(indices, count - 1)]
        lengths = jnp.where(indices < count, lengths, 0)
        starts = windows.starts[jnp.minimum(indices, count - 1)]
        some = Windows(windows.ids, starts, lengths)
        return jax.tree.map(jnp.add, totals, add_up(model, some, config)), None

    starts = batch_size * jnp.arange(-(-count // batch_size))
    with _matmul_precision(config):
        return shard.sum(jax.lax.scan(add, _NOTHING, starts)[0])


def _add_up_windows(model, windows, config):
    batch = read_windows(windows, jnp.arange(windows.starts.shape[0]), config.window)
    return predict(model, batch, config.objective).totals


def _add_up_pieces(model, pieces, config):
    rows, width = jnp.arange(pieces.starts.shape[0]), config.window
    targets = pieces.lengths - 1

    def add(index, carry):
        totals, state = carry
        now = pieces._replace(
            starts=pieces.starts + index * width, lengths=targets - index * width
        )
        batch = read_windows(now, rows, width)
        predicted = predict(model, batch, state=state)
        return jax.tree.map(jnp.add, totals, predicted.totals), predicted.state

    begin = _NOTHING, model.initial_states(rows.shape[0])
    steps = (jnp.max(targets) + width - 1) // width
    return jax.lax.fori_loop(0, steps, add, begin)[0]


def _read(windows, step, rows, config, key: PRNGKey):
    if isinstance(windows, Pieces):
        return read_streams(
            windows,
            step,
            rows,
            streams=config.batch_size,
            width=config.window,
            crossing=config.crossing,
            key=key,
        )
    # An epoch's last batch is filled up from the beginning of the same epoch.
    count = windows.starts.shape[0]
    steps_an_epoch = -(-count // config.batch_size)
    positions = (step % steps_an_epoch) * config.batch_size + rows
    indices = epoch_order(key, step // steps_an_epoch, positions % count, count)
    batch = read_windows(windows, indices, config.window)
    if windows.table is None:
        return batch, None
    keys = _row_keys(_key(config, 2), step, rows)
    uniform = jax.vmap(jax.random.uniform)(keys)
    return transpose_windows(batch, windows.table, uniform), None


def _matmul_precision(config) -> AbstractContextManager:
    if config.matmul_precision == "default":
        return nullcontext()
    return jax.default_matmul_precision(config.matmul_precision)


def _key(config, use: int) -> PRNGKey:
    return jax.random.fold_in(jax.random.key(config.seed), use)


def _row_keys(key, step, rows):
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.fold_in(key, step), rows)
