"""Takes the same training steps on one, two and four devices."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.devices import spread
from lstm_music_jax.training.step import initial_state, train_steps


def train_on_devices(model, config, data, dispatches):
    """Return, by number of devices, the last state and the losses of all steps.

    All start from the same state. `dispatches` are the numbers of steps to take.
    """
    found = {}
    for count in (1, 2, 4):
        devices = jax.local_devices()[:count]
        step = spread(partial(train_steps, config=config), devices)
        state, losses = initial_state(model, config, 9), []
        for steps in dispatches:
            state, metrics = step(state, data, jnp.int32(steps))
            losses.append(np.asarray(metrics.loss)[:steps])
        found[count] = state, np.concatenate(losses)
    return found
