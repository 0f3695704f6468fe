"""The exact distributions over all sequences of a length, by enumeration.

A decoder is a claim about whole sequences, such as "the five most probable ones" or
"samples of this distribution". With a small vocabulary and a short length, all
sequences can be listed, so the claim can be compared with the truth. 6 symbols have
7,776 sequences of 5 symbols.

The model reads all sequences at once. No symbol is drawn, and no code of populations is
used.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import log_softmax, logsumexp

from lstm_music_jax.generation.arguments import vocab_size
from lstm_music_jax.generation.generate import CARRIED, MODEL_ALONE
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies.base import Strategy, observe_all, unless_empty
from lstm_music_jax.types import Float, Int, PRNGKey

_MOST = 1_000_000


class Distribution(NamedTuple):
    """A distribution over all sequences of a length.

    Sequences that go on after a stop symbol are not listed.

    Attributes:
        sequences: ids of the drawn symbols, in lexicographic order.
        log_probs: log-probability of each sequence, nats, float64.
        vocab_size: number of symbols of the model.
    """

    sequences: Int[np.ndarray, "k n"]
    log_probs: Float[np.ndarray, "k"]
    vocab_size: int

    @property
    def probs(self) -> Float[np.ndarray, "k"]:
        """The probability of each sequence."""
        return np.exp(self.log_probs)

    def top(self, count: int) -> Int[np.ndarray, "_"]:
        """Return the indices of the `count` most probable sequences, best first.

        Equal ones come in lexicographic order.
        """
        return np.argsort(-self.log_probs, kind="stable")[:count]

    def mode(self) -> Int[np.ndarray, "n"]:
        """Return the most probable sequence."""
        return self.sequences[self.top(1)[0]]

    def find(self, tokens: Int[np.ndarray, "*b n"]) -> Int[np.ndarray, "*b"]:
        """Return the indices of sequences.

        Raises:
            ValueError: a sequence is not listed, because it goes on after the stop
                symbol.
        """
        powers = self.vocab_size ** np.arange(self.sequences.shape[1])[::-1]
        codes, wanted = self.sequences @ powers, np.asarray(tokens, np.int64) @ powers
        found = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
        if np.any(codes[found] != wanted):
            raise ValueError("tokens holds a sequence that is not listed")
        return found

    def marginals(self) -> Float[np.ndarray, "n v"]:
        """Return the probability of each symbol at each place."""
        size, columns = self.vocab_size, self.sequences.T
        return np.stack([np.bincount(ids, self.probs, size) for ids in columns])

    def conditional(self, prefix: Int[np.ndarray, "_"]) -> Float[np.ndarray, "v"]:
        """Return the probability of each symbol that may follow the drawn `prefix`.

        It is NaN if the prefix has the probability 0.
        """
        begins = np.all(self.sequences[:, : len(prefix)] == prefix, axis=1)
        following = self.sequences[begins, len(prefix)]
        weights = np.bincount(following, self.probs[begins], self.vocab_size)
        with np.errstate(invalid="ignore"):
            return weights / weights.sum()


class Exact(NamedTuple):
    """The exact distributions over the sequences that continue a prompt.

    Attributes:
        model: the distribution of the model.
        strategy: the distribution that a strategy makes symbol by symbol. It is
            normalised at each symbol.
        target: the product of the factors of a target over the sequences that the
            strategy allows, normalised once for whole sequences; see `SMC`.
        log_normaliser: logarithm of the sum of these products, nats.
    """

    model: Distribution
    strategy: Distribution
    target: Distribution
    log_normaliser: float


def exact(
    model: Model,
    prompt: Int[np.ndarray, "p"],
    length: int,
    strategy: Strategy = MODEL_ALONE,
    *,
    target: Strategy | None = None,
    context: Context = CARRIED,
    stop: int | None = None,
    key: PRNGKey | None = None,
) -> Exact:
    """Return the exact distributions over all sequences that continue a prompt.

    A strategy that uses its random key has another distribution for each key. `key` is
    the strategy's key of one stream, the first of `engine.stream_keys`. As in the
    engine, the position of each symbol is folded into it. So the result is the
    distribution of a stream whose strategy has this noise. The members of a population
    have different keys, so a population whose strategy uses its key has no single
    distribution.

    Args:
        model: the model.
        prompt: symbol ids, one or more.
        length: number of symbols of each sequence.
        strategy: shapes the distribution of each symbol.
        target: as in `SMC`; by default the model.
        context: which of the symbols so far the model remembers.
        stop: id of the symbol that ends a sequence; only `stop` follows it, with
            probability 1.
        key: the strategy's key; by default `jax.random.key(0)`.

    Raises:
        ValueError: there are more than a million sequences.
    """
    size = vocab_size(model)
    if size**length > _MOST:
        raise ValueError(
            f"length is {length}; {size} symbols then have {size**length} sequences, "
            f"and at most {_MOST} can be listed"
        )
    sequences = np.indices((size,) * length, np.int32).reshape(length, -1).T
    before = np.insert(sequences[:, :-1], 0, prompt[-1], axis=1)
    ended = np.logical_or.accumulate(before == (-1 if stop is None else stop), axis=1)
    possible = np.all(~ended | (sequences == stop), axis=1)
    sequences, ended = sequences[possible], ended[possible]
    read = jax.jit(partial(_read, context))
    logits, shaped, factors = map(
        np.asarray,
        read(
            model,
            strategy,
            MODEL_ALONE if target is None else target,
            jnp.asarray(prompt, jnp.int32),
            sequences,
            jax.random.key(0) if key is None else key,
        ),
    )
    picked = partial(_sum_of_picked, sequences, ended)
    of_model = picked(log_softmax(logits.astype(np.float64), axis=-1))
    of_strategy = picked(log_softmax(shaped.astype(np.float64), axis=-1))
    of_target = picked(factors.astype(np.float64))
    of_target = np.where(of_strategy > -np.inf, of_target, -np.inf)
    log_normaliser = logsumexp(of_target)
    return Exact(
        Distribution(sequences, of_model, size),
        Distribution(sequences, of_strategy, size),
        Distribution(sequences, of_target - log_normaliser, size),
        float(log_normaliser),
    )


def _read(context, model, strategy, target, prompt, sequences, key):
    """Read every sequence.

    Return three arrays `[k n v]`: the logits of the model before each symbol, those of
    the strategy, and those of the target.
    """

    def read_symbol(carry, coming):
        memory, last, state, target_state = carry
        token, symbol_key = coming
        memory, logits = context.step(model, memory, last)
        logits = logits.astype(jnp.float32)
        shaped, state = strategy.apply(logits, state, symbol_key)
        shaped, _ = unless_empty(shaped, logits)
        log_probs = jax.nn.log_softmax(logits)
        factors, target_state = target.apply(log_probs, target_state, symbol_key)
        states = strategy.observe(token, state), target.observe(token, target_state)
        return (memory, token, *states), (logits, shaped, factors)

    positions = len(prompt) + jnp.arange(sequences.shape[1])
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, positions)
    begun = (
        context.prefill(model, prompt[:-1]),
        prompt[-1],
        observe_all(strategy, prompt, vocab_size(model)),
        observe_all(target, prompt, vocab_size(model)),
    )
    return jax.vmap(lambda ids: jax.lax.scan(read_symbol, begun, (ids, keys))[1])(
        sequences
    )


def _sum_of_picked(sequences, ended, values):
    """Return the sum of `values`, `[k n v]`, at the symbols of each sequence.

    Symbols for which `ended` is True are left out: they follow a stop symbol.
    """
    picked = np.take_along_axis(values, sequences[..., None], axis=-1)[..., 0]
    return np.where(ended, 0.0, picked).sum(axis=1)
