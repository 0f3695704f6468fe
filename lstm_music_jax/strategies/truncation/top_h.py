import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.strategies.entropy import entropy_of_kept, entropy_terms
from lstm_music_jax.xla.ordering import keep_before


class TopH(Strategy):
    """Keeps as many of the most probable symbols as a limit on their entropy allows.

    The symbols are sorted, the most probable first. V, the set of kept symbols, is the
    longest prefix with H(q) <= alpha H(p). H is the entropy, p is the distribution that
    the strategy is given, and q is p restricted to V and renormalised. V holds all or
    none of the symbols that tie. The most probable symbol is always kept.

    This is the greedy algorithm of the paper. Published code differs from it. The
    authors' code and transformers
    (https://github.com/huggingface/transformers/pull/40837) look at the 100 most
    probable symbols only and take their entropy for H(p). They compare alpha H(p) with
    the running sum of -p ln p, which is not the entropy of the renormalised prefix. The
    authors' code also keeps the symbol that crosses the bound.

    Args:
        alpha: in (0, 1]; 1 keeps everything, 0.4 is the authors' default.

    Reference: Baghaei Potraghloo et al. 2025, https://arxiv.org/abs/2509.02510
    """

    alpha: Number = number(above=0, at_most=1)

    def apply(self, logits, state, key):
        excess, spread = entropy_terms(logits)
        everything = jnp.ones(logits.shape, bool)
        bound = self.alpha * entropy_of_kept(everything, excess, spread)
        # The entropy h of a prefix never falls when a symbol is added, so one threshold
        # suffices. A symbol with a share w of the longer prefix changes h by
        # -w ln w - (1-w) ln(1-w) - w h. No symbol of the prefix is less probable, so
        # h <= ln((1-w)/w), and the change is at least -ln(1-w) >= 0.
        keep = keep_before(logits, _entropy_exceeds, excess, spread, bound)
        keep = keep | (logits == jnp.max(logits)) | (self.alpha >= 1)
        return forbid_unless(keep, logits), state


def _entropy_exceeds(kept, excess, spread, bound):
    return entropy_of_kept(kept, excess, spread) > bound
