import jax

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.xla.ordering import keep_mass


class TopP(Strategy):
    """Keeps the nucleus: the smallest set V of most probable symbols with mass >= p.

        sum_V p_x >= p

    The symbol that crosses p is kept, so at least one symbol is always kept. All
    symbols that are as probable as that symbol are kept too, while transformers keeps
    only some of them.

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
