import numpy as np

from lstm_music_jax.fields import Integers, Numbers, ids, numbers
from lstm_music_jax.strategies.base import Strategy


class Bias(Strategy):
    """Adds a value to the logit of each given symbol: l_x + value_x.

    l_x is the logit of symbol x. A value of ln 2 doubles the odds of x. A forbidden
    symbol stays forbidden.

    Args:
        ids: one or more ids. If an id is given twice, its values add up.
        values: a finite number for each id.
    """

    permutation_equivariant = False
    ids: Integers = ids()
    values: Numbers = numbers()

    def check(self):
        if np.shape(self.values) != np.shape(self.ids):
            count = np.shape(self.ids)[-1]
            raise self.refusal("values", f"{count} numbers, one for each id")

    def apply(self, logits, state, key):
        return logits.at[self.ids].add(self.values), state
