"""The contract of a decoder, which lets the members of a population compete."""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, size
from lstm_music_jax.pytrees import Checked
from lstm_music_jax.types import Array, Bool, Float, Int, PRNGKey, PyTree, Scalar
from lstm_music_jax.xla.ordering import largest


class Candidates(NamedTuple):
    """What a decoder may choose from: the next distribution of each member.

    A member that has ended can only repeat the stop symbol, which then has probability
    1 in both distributions.

    Attributes:
        log_probs: log-probabilities of the next symbol under the model, nats.
        strategy_log_probs: log-probabilities in the distribution that the strategy
            shaped, nats; -inf for a forbidden symbol.
        drawn: for each member, the symbol that the draw picks from the shaped
            distribution. Each member has its own noise.
        log_weights: the log-weights that the decoder gave the members.
        total_log_prob: log-probability under the model of all symbols drawn so far.
        total_strategy_log_prob: the same in the shaped distributions.
        length: number of symbols drawn so far, with the stop symbol.
        ended: whether the last symbol of the member is the stop symbol.
        hidden: hidden states of the model after the last symbol; None unless the
            decoder needs them.
    """

    log_probs: Float[Array, "m v"]
    strategy_log_probs: Float[Array, "m v"]
    drawn: Int[Array, "m"]
    log_weights: Float[Array, "m"]
    total_log_prob: Float[Array, "m"]
    total_strategy_log_prob: Float[Array, "m"]
    length: Int[Array, "m"]
    ended: Bool[Array, "m"]
    hidden: Float[Array, "m h"] | None = None

    def length_after(self) -> Float[Array, "m"]:
        """Return the length of each member after one more symbol, but 1 or more.

        The length of a member that has ended stays as it is.
        """
        length = self.length + (~self.ended).astype(jnp.int32)
        # A prompt that ends with the stop symbol has a length of 0.
        return jnp.maximum(length, 1).astype(jnp.float32)

    def scores(self, length_penalty: Number) -> Float[Array, "m v"]:
        """Return the score of each continuation of each member, as beams compare them.

            ln q(x_1 ... x_n) / n^length_penalty

        q is the distribution that the strategy shaped, and n the number of drawn
        symbols, with the new one and the stop symbol. The score is -inf for members
        whose log-weight is -inf.
        """
        alive = self.log_weights > -jnp.inf
        totals = self.total_strategy_log_prob[:, None] + self.strategy_log_probs
        scores = totals / (self.length_after() ** length_penalty)[:, None]
        return jnp.where(alive[:, None], scores, -jnp.inf)


class Prompt(NamedTuple):
    """The prompt that the members of a population continue.

    Attributes:
        tokens: symbol ids.
        hidden: hidden states of the model after all symbols but the last one; None
            unless the decoder needs them.
    """

    tokens: Int[Array, "p"]
    hidden: Float[Array, "read h"] | None


class Choice(NamedTuple):
    """The choice of a decoder for one symbol.

    Attributes:
        ancestors: new member i continues member `ancestors[i]`.
        tokens: the symbol that is added to each new member, int32.
        log_weights: the log-weight of each new member. What a weight means is up to the
            decoder. A member with the log-weight -inf does not count.
    """

    ancestors: Int[Array, "m"]
    tokens: Int[Array, "m"]
    log_weights: Float[Array, "m"]


class Decoder(Checked):
    """Base class of decoders, with pure methods that are written for one population.

    Override at least `choose`.

    A subclass is a frozen dataclass and a PyTree without any decorator, and checks its
    fields, as a `Strategy` does. The engine calls `choose` once per symbol. It then
    copies the memory of the model, and the states of the strategy and the draw, from
    the ancestor of each new member.

    Args:
        members: number of members, 1 or more.

    >>> class Independent(Decoder):
    ...     def choose(self, candidates, state, key):
    ...         everyone = jnp.arange(self.members, dtype=jnp.int32)
    ...         log_weights = candidates.log_weights
    ...         return Choice(everyone, candidates.drawn, log_weights), state
    >>> Independent(4)
    Independent(4)
    """

    # Whether two members that are equal so far must draw independently. Then a draw
    # that keeps a state is refused, because members with equal states may draw alike.
    copies_draw: ClassVar[bool] = False
    # Whether the decoder needs the hidden states of the model.
    needs_hidden: ClassVar[bool] = False
    # Whether the members are weighted samples, so that they have an effective sample
    # size, and the mean weight estimates a normaliser.
    weighted_samples: ClassVar[bool] = False

    members: int = size(at_least=1)

    def check_vocabulary(self, vocab_size: int) -> None:
        """Raise ValueError if the decoder does not fit a vocabulary of this size.

        Unless overridden, it accepts every size.
        """

    def init(self, vocab_size: int, prompt: Prompt, key: PRNGKey) -> PyTree:
        """Return the state before the first symbol; `()` for a stateless decoder.

        Args:
            vocab_size: number of symbols in the vocabulary.
            prompt: the prompt that all members continue.
            key: a random key of the population.
        """
        return ()

    def first_log_weights(self, key: PRNGKey) -> Float[Array, "m"]:
        """Return the log-weights of the members before the first symbol.

        Unless overridden, all are 0, so that every member counts. All members are equal
        at first. So a decoder that does not draw must override it, or it would count
        each sequence several times; see `only_first`.
        """
        return jnp.zeros(self.members, jnp.float32)

    def choose(
        self, candidates: Candidates, state: PyTree, key: PRNGKey
    ) -> tuple[Choice, PyTree]:
        """Return which members continue with which symbols, and the new state.

        `key` differs for each symbol of each population.
        """
        raise NotImplementedError

    def pick(self, log_weights: Float[Array, "m"], key: PRNGKey) -> Int[Array, ""]:
        """Return the member that stands for the population if one piece is wanted.

        Unless overridden, it is the member with the largest weight.
        """
        return largest(log_weights)


def only_first(members: int, log_weight: Scalar | float = 0.0) -> Float[Array, "m"]:
    """Return log-weights of which only that of the first member is above -inf."""
    first = jnp.arange(members) == 0
    return jnp.where(first, jnp.float32(log_weight), -jnp.inf)


def pick_by_weight(log_weights: Float[Array, "m"], key: PRNGKey) -> Int[Array, ""]:
    """Return a member that is drawn in proportion to its weight."""
    return jax.random.categorical(key, log_weights).astype(jnp.int32)


def best_candidates(
    scores: Float[Array, "m v"], count: int
) -> tuple[Int[Array, "k"], Int[Array, "k"], Float[Array, "k"]]:
    """Return the `count` candidates of the highest scores, the best one first.

    `count` must be at most the number of scores. Equal scores come in the order of
    members, then of symbols.

    Returns:
        The member, the symbol and the score of each, `[count]`.
    """
    vocab_size = scores.shape[1]
    best, places = jax.lax.top_k(scores.ravel(), count)
    return places // vocab_size, places % vocab_size, best
