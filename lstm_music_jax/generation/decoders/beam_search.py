from lstm_music_jax.fields import Number, number
from lstm_music_jax.generation.decoders.base import (
    Choice,
    Decoder,
    best_candidates,
    only_first,
)


class BeamSearch(Decoder):
    """Keeps the most probable sequences: beam search.

        score = ln q(x_1 ... x_n) / n^length_penalty

    q is the distribution that the strategy shapes. At each symbol, every member is
    continued with every symbol, and the `members` continuations of the highest scores
    are kept. n is the number of drawn symbols, with the stop symbol. A member that has
    ended stays in the beam for as long as its score is high enough.

    The log-weight of a member is its score. The members are sorted, the best one first.
    If there are fewer sequences than members, the others have a log-weight of -inf.

    Args:
        members: width of the beam, 1 or more; 1 is greedy search.
        length_penalty: any finite number. With 0, scores are log-probabilities, so that
            short sequences win. With 1, they are means per symbol.

    Reference: Graves 2012, https://arxiv.org/abs/1211.3711. The penalty is that of the
    library Transformers.
    """

    length_penalty: Number = number(default=0.0)

    def first_log_weights(self, key):
        return only_first(self.members)

    def choose(self, candidates, state, key):
        scores = candidates.scores(self.length_penalty)
        return Choice(*best_candidates(scores, self.members)), state
