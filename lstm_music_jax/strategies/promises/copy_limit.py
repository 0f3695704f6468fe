import jax.numpy as jnp

from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.automata.passages import Passages
from lstm_music_jax.fields import Integer, derived, flag, integer
from lstm_music_jax.pytrees import static
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.promise import Promise


def _passages(strategy):
    corpus = strategy.corpus
    if not isinstance(corpus, KnownPieces):
        raise strategy.refusal("corpus", "an instance of KnownPieces")
    return corpus.transposed if strategy.transposed else corpus.exact


class CopyLimit(Promise):
    """Forbids copying more than `longest` successive symbols from known pieces.

        l'_x = -inf    if the last `longest` symbols, and then x, are part of a piece

    l'_x is the new logit of symbol x. So no run of more than `longest` drawn symbols
    occurs in a known piece. Symbols of the prompt count as symbols before x, but are
    never forbidden. If this strategy and earlier promises together forbid all symbols,
    this strategy is ignored for one symbol, and `Trace`, the record of the drawn
    symbols, says so.

    Args:
        longest: the most symbols that may be copied in a row, 1 or more.
        corpus: the known pieces, such as `KnownPieces.of(data)` for a dataset.
        transposed: whether passages that are up to six semitones higher or lower than
            in a known piece count as copied too.

    State: a `Place`, which says how many of the last symbols are copied.

    Raises:
        ValueError: a field is invalid. `generate` raises it if the vocabulary of the
            corpus has another size than that of the model.

    Reference: Papadopoulos, Roy & Pachet 2014, Avoiding Plagiarism in Markov Sequence
    Generation.
    """

    permutation_equivariant = False
    longest: Integer = integer(at_least=1)
    corpus: KnownPieces = static(repr=False)
    transposed: bool = flag(default=False)
    passages: Passages = derived(_passages, shared=True)

    def check_vocabulary(self, vocab_size):
        known = len(self.corpus.vocabulary)
        if known != vocab_size:
            raise ValueError(
                f"corpus of CopyLimit has {known} symbols; it must have those of the "
                f"model, which are {vocab_size}"
            )

    def init(self, vocab_size):
        return self.passages.begin()

    def apply(self, logits, state, key):
        longer = self.passages.continuations_of(state, jnp.asarray(self.longest))
        return forbid_unless(~longer, logits), state

    def observe(self, token, state):
        return self.passages.read(state, token)
