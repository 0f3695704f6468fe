import jax

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.xla.ordering import keep_mass


class TopP(Strategy):
    """Keeps the nucleus: the fewest most probable symbols whose mass is p or more.

        sum_V p_x >= p

    V is the set of kept symbols, and p_x the probability of symbol x. V includes the
    symbol with which the sum reaches p, so it is never empty. All symbols that are as
    probable as that symbol are kept too, while transformers keeps only some of them.

    Args:
        p: in (0, 1]; 1 keeps everything.

    Reference: Holtzman et al. 2019, https://arxiv.org/abs/1904.09751
    """

    p: Number = number(above=0, at_most=1)

    def apply(self, logits, state, key):
        probabilities = jax.nn.softmax(logits)
        keep = keep_mass(probabilities, probabilities, self.p)
        # With p = 1, rounding may let the sum reach 1 before all symbols are kept.
        return forbid_unless(keep | (self.p >= 1), logits), state
