"""Top-H: as many symbols as a share of the entropy allows."""

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.entropy import entropy_of_kept, entropy_terms
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.xla.ordering import keep_before


@pytree
class TopH(Strategy):
    """See `top_h`."""

    alpha: Hyperparameter

    def apply(self, logits, state, key):
        """Keep the most probable symbols as long as their entropy is within bounds."""
        excess, spread = entropy_terms(logits)
        everything = jnp.ones(logits.shape, bool)
        bound = self.alpha * entropy_of_kept(everything, excess, spread)
        # A symbol taking a share w of the prefix moves its entropy h by
        # -w ln w - (1-w) ln(1-w) - w h; none kept is less probable than it, so that
        # h <= ln((1-w)/w): the move is at least -ln(1-w), never negative.
        keep = keep_before(logits, _entropy_exceeds, excess, spread, bound)
        keep = keep | (logits == jnp.max(logits)) | (self.alpha >= 1)
        return forbid_unless(keep, logits), state


def _entropy_exceeds(kept, excess, spread, bound):
    return entropy_of_kept(kept, excess, spread) > bound


def top_h(alpha: Setting) -> TopH:
    """Keep the longest prefix V, most probable symbol first, with H(q) <= alpha H(p).

    q is p over V, renormalised; the most probable symbol is always kept.

    That is the paper's problem and its greedy answer. What is shipped differs: the
    authors' code and transformers (https://github.com/huggingface/transformers/pull/40837)
    look at the 100 most probable symbols only, take their entropy for H(p), and compare
    alpha H(p) with the running sum of -p ln p, which is not the entropy of the
    renormalised prefix; the authors' code also keeps the symbol that crosses the bound.

    Args:
        alpha: in (0, 1]; 1 keeps everything, 0.4 is the authors' default.

    Reference: Baghaei Potraghloo et al. 2025, https://arxiv.org/abs/2509.02510
    """
    return TopH(
        hyperparameter("top_h", alpha, lambda a: (a > 0) & (a <= 1), "in (0, 1]")
    )
