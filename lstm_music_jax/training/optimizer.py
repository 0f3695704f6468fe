"""The optimiser, and the schedule of its learning rate."""

import jax
import optax

from lstm_music_jax.training.config import TrainingConfig


def optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Return an optimiser: Adam (Kingma & Ba 2014) on gradients clipped by global norm.

    If `clip_norm` is None, the gradients are not clipped.

    Weight decay, if any, is decoupled from the gradient (Loshchilov & Hutter 2019).
    It applies to matrices only, because biases do not cause overfitting.
    """
    clip = (
        optax.identity()
        if config.clip_norm is None
        else optax.clip_by_global_norm(config.clip_norm)
    )
    if not config.weight_decay:
        return optax.chain(clip, optax.adam(learning_rate(config)))
    adam = optax.adamw(
        learning_rate(config), weight_decay=config.weight_decay, mask=_is_matrix
    )
    return optax.chain(clip, adam)


def learning_rate(config: TrainingConfig) -> optax.Schedule:
    """Return a function from the step to the learning rate.

    The rate rises linearly during the warm-up. Then it is constant or falls along a
    cosine.
    """
    peak, warmup = config.learning_rate, config.warmup_steps
    if config.schedule == "cosine":
        rest = optax.cosine_decay_schedule(peak, config.steps - warmup)
    else:
        rest = optax.constant_schedule(peak)
    if not warmup:
        return rest
    # The warm-up starts above 0, because a step at a rate of 0 would waste its batch.
    rising = optax.linear_schedule(peak / (warmup + 1), peak, warmup)
    return optax.join_schedules([rising, rest], [warmup])


def _is_matrix(parameters):
    return jax.tree.map(lambda leaf: leaf.ndim > 1, parameters)
