"""XTC, exclude top choices: now and then, not the obvious."""

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


@pytree
class XTC(Strategy):
    """See `xtc`."""

    threshold: Hyperparameter
    probability: Hyperparameter

    def apply(self, logits, state, key):
        """Toss, and maybe forbid all viable symbols but the least probable."""
        viable = jax.nn.softmax(logits) >= self.threshold
        least = jnp.min(jnp.where(viable, logits, jnp.inf))
        excluded = viable & (logits > least)
        tossed = jax.random.uniform(key) < self.probability
        return forbid_unless(~(excluded & tossed), logits), state


def xtc(threshold: Setting, probability: Setting) -> XTC:
    """Forbid, with a probability, all symbols with p_x >= threshold but the least.

    Of several viable symbols the least probable is kept (and its equals), and so is
    all that is not viable; of one nothing is removed.

    Args:
        threshold: the p_x that makes a symbol viable, in (0, 0.5]; above 0.5 there
            could never be two.
        probability: of doing so at a note, in [0, 1].

    >>> from lstm_music_jax.strategies import chain, min_p, xtc
    >>> unexpected = chain(min_p(0.02), xtc(0.1, 0.5))

    Reference: Philipp Emanuel Weidmann 2024,
    https://github.com/oobabooga/text-generation-webui/pull/6335
    """
    return XTC(
        hyperparameter(
            "threshold", threshold, lambda t: (t > 0) & (t <= 0.5), "in (0, 0.5]"
        ),
        hyperparameter(
            "probability", probability, lambda p: (p >= 0) & (p <= 1), "in [0, 1]"
        ),
    )
