import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Numbers, Sequences, numbers, sequences
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.steering.sequence_matching import matching


class SequenceBias(Strategy):
    """Adds a bias to a symbol that would complete a given sequence; -inf forbids it.

        l_x + sum_k biases[k]    over all sequences k that x would complete

    The formula is the new logit of symbol x, and l_x the old one. x completes a
    sequence if x is its last symbol, and the stream so far ends with the symbols before
    it. The symbols of the prompt count. A sequence of one symbol can always be
    completed. If x completes several sequences, their biases add up. A forbidden symbol
    stays forbidden.

    The work per symbol does not depend on the lengths of the sequences. It grows with
    the number of sequences that can be completed at the same time.

    Args:
        sequences: one or more sequences of ids, of any lengths. A sequence that is
            given twice counts twice. Changing them recompiles.
        biases: a number for each sequence, finite or -inf.

    State: the state of the automaton that finds the sequences (`Matching`), int32.

    >>> SequenceBias([[60, 62, 64], [7]], biases=[1.5, float("-inf")])
    SequenceBias(((60, 62, 64), (7,)), [1.5, float('-inf')])

    Reference: `SequenceBiasLogitsProcessor` and `NoBadWordsLogitsProcessor`,
    https://github.com/huggingface/transformers/blob/000034a44ef887621d9b36001a5eb7c46e64cb3f/src/transformers/generation/logits_process.py;
    unlike this class, both give no bias if the completed sequence would start at the
    very first symbol of the prompt.
    """

    permutation_equivariant = False
    sequences: Sequences = sequences()
    biases: Numbers = numbers(below=np.inf)

    def check(self):
        if np.shape(self.biases)[-1] != len(self.sequences):
            count = len(self.sequences)
            raise self.refusal("biases", f"{count} numbers, one for each sequence")

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        completing = jnp.asarray(matching(self.sequences).completing)[state]
        # Padding has the index after the last sequence.
        last = [*(sequence[-1] for sequence in self.sequences), logits.shape[0]]
        biases = jnp.append(jnp.asarray(self.biases), jnp.float32(0))
        ids = jnp.asarray(last, jnp.int32)[completing]
        return logits.at[ids].add(biases[completing], mode="drop"), state

    def observe(self, token, state):
        letters, moves, _ = matching(self.sequences)
        letter = jnp.asarray(letters)[jnp.minimum(token, len(letters) - 1)]
        return jnp.asarray(moves)[state, letter]
