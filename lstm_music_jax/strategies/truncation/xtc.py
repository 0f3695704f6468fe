import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class XTC(Strategy):
    """Forbids, with some probability, all likely symbols but the least likely of them.

    XTC stands for "exclude top choices". A symbol is likely if its probability is at
    least `threshold`. The least likely of the likely symbols is kept, and so are its
    ties. So a single likely symbol is kept. Symbols below the threshold are always
    kept.

    Args:
        threshold: the probability from which on a symbol is likely, in (0, 0.5]. Above
            0.5 there could never be two likely symbols.
        probability: the probability, per drawn symbol, that likely symbols are
            forbidden, in [0, 1].

    >>> from lstm_music_jax.strategies import Chain, MinP
    >>> unexpected = Chain(MinP(0.02), XTC(0.1, 0.5))

    Reference: Philipp Emanuel Weidmann 2024,
    https://github.com/oobabooga/text-generation-webui/pull/6335
    """

    threshold: Number = number(above=0, at_most=0.5)
    probability: Number = number(at_least=0, at_most=1)

    def apply(self, logits, state, key):
        likely = jax.nn.softmax(logits) >= self.threshold
        least = jnp.min(jnp.where(likely, logits, jnp.inf))
        excluded = likely & (logits > least)
        tossed = jax.random.uniform(key) < self.probability
        return forbid_unless(~(excluded & tossed), logits), state
