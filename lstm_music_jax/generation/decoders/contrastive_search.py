from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number, size
from lstm_music_jax.generation.decoders.base import Choice, Decoder, only_first
from lstm_music_jax.types import Array, Float, Int
from lstm_music_jax.xla.ordering import largest


class ContrastiveSearchState(NamedTuple):
    """The last hidden states of the sequence, in a ring buffer.

    Attributes:
        directions: hidden states, each divided by its length; rows that are not written
            yet hold 0.
        written: number of hidden states written so far, also of those that were
            overwritten. Of the prompt, at most the last w were written.
    """

    directions: Float[Array, "w h"]
    written: Int[Array, ""]


class ContrastiveSearch(Decoder):
    """Continues one sequence by symbols that are probable but change the hidden state.

        score(x) = (1 - alpha) q(x) - alpha max_j cos(h_x, h_j)

    q is the distribution that the strategy shapes. h_x is the hidden state of the model
    after reading x, and h_j are those after the earlier symbols, also of the prompt. So
    a symbol is avoided if it leads back to a state in which the model has been before.

    The candidates are the `members` most probable symbols, and each of them is a
    member: all members have the same symbols but the last one. At each symbol, the
    candidate of the highest score is continued by its most probable symbols.

    The hidden state after the last symbol is not known, so the last symbol of the
    member that stands for the population is simply the most probable one. Draw one
    symbol more than you need to avoid that.

    Args:
        members: number of candidates, 1 or more; 1 is greedy search.
        alpha: weight of the hidden states, in [0, 1]; 0 is greedy search.
        memory: number of hidden states that are remembered, the last ones.

    State: `ContrastiveSearchState`.

    Reference: Su et al. 2022, https://arxiv.org/abs/2202.06417
    """

    needs_hidden = True
    alpha: Number = number(at_least=0, at_most=1)
    memory: int = size(at_least=1, default=512)

    def first_log_weights(self, key):
        return only_first(self.members)

    def init(self, vocab_size, prompt, key):
        assert prompt.hidden is not None, "the engine gives it, as `needs_hidden` asks"
        last = _unit(prompt.hidden[-self.memory :])
        directions = jnp.zeros((self.memory, last.shape[1]), last.dtype)
        # The hidden states of the prompt take the first places.
        return ContrastiveSearchState(
            directions.at[: len(last)].set(last), jnp.int32(len(last))
        )

    def choose(self, candidates, state, key):
        hidden = _unit(candidates.hidden)
        cosines = jnp.matmul(hidden, state.directions.T, precision="highest")
        written = jnp.arange(self.memory) < state.written
        likeness = jnp.max(jnp.where(written[None], cosines, -jnp.inf), axis=1)
        # Nothing is remembered before the first symbol after a prompt of one symbol.
        likeness = jnp.where(state.written > 0, likeness, 0.0)
        probabilities = jnp.exp(candidates.log_weights)
        scores = (1 - self.alpha) * probabilities - self.alpha * likeness
        best = largest(jnp.where(probabilities > 0, scores, -jnp.inf))

        place = state.written % self.memory
        directions = state.directions.at[place].set(hidden[best])
        state = ContrastiveSearchState(directions, state.written + 1)
        shaped = candidates.strategy_log_probs[best]
        missing = max(0, self.members - len(shaped))
        log_probs, tokens = jax.lax.top_k(shaped, self.members - missing)
        ancestors = jnp.full(self.members, best)
        # With more members than symbols, the others do not count.
        tokens = jnp.pad(tokens, (0, missing))
        log_probs = jnp.pad(log_probs, (0, missing), constant_values=-jnp.inf)
        return Choice(ancestors, tokens, log_probs), state


def _unit(vectors):
    """Return vectors of length 1; a vector of zeros stays as it is."""
    lengths = jnp.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / jnp.where(lengths > 0, lengths, 1.0)
