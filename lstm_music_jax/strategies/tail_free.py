"""Tail-free sampling: cut where the sorted probabilities stop bending."""

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.xla.ordering import descending


@pytree
class TailFree(Strategy):
    """See `tail_free`."""

    z: Hyperparameter

    def apply(self, logits, state, key):
        """Keep what comes before the share z of all bending."""
        if logits.shape[-1] < 3:
            return logits, state
        # The curvature of a curve over ranks: the one definition that needs a sort.
        ordered = descending(logits)
        bend = jnp.abs(jnp.diff(jax.nn.softmax(ordered), n=2))
        crossed = jnp.cumsum(bend) > self.z * jnp.sum(bend)
        last = jnp.maximum(jnp.argmax(crossed), 1) - 1
        keep = (logits >= ordered[last]) | ~jnp.any(crossed)
        # Rounding may bring the running sum above the sum.
        return forbid_unless(keep | (self.z >= 1), logits), state


def tail_free(z: Setting) -> TailFree:
    """Keep the symbols before the tail, found by the second differences of sorted p.

        s_i = |(p_i - p_(i+1)) - (p_(i+1) - p_(i+2))|,    i = 0 .. v-3, p descending

    The k most probable symbols stay, and any that tie with the k-th, where k is the
    first i with s_0 + .. + s_i > z sum s, at least 1; a flat distribution stays whole.

    This counts as llama.cpp did until it dropped the method; text-generation-webui
    keeps one symbol more, and never the last.

    Args:
        z: in (0, 1]; 1 keeps everything.

    Reference: Bricken, https://www.trentonbricken.com/Tail-Free-Sampling/
    """
    return TailFree(
        hyperparameter("tail_free", z, lambda z: (z > 0) & (z <= 1), "in (0, 1]")
    )
