"""Correct strategies. Many mutants are copies of them with a planted mistake."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integer, Number, integer, number, size
from lstm_music_jax.strategies import Chain, Greedy, Strategy, Temperature
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.types import Array, Int

V = 20
HALF = np.float32(0.53)


class Counts(Strategy):
    """Subtracts a penalty for every time a symbol was seen."""

    penalty: Number = number()

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, jnp.int32)

    def apply(self, logits, state, key):
        return logits - self.penalty * state.astype(jnp.float32), state

    def observe(self, token, state):
        return state.at[token].add(1)


class Sharpened(Strategy):
    """Divides by a number that grows with the entropy."""

    strength: Number = number()

    def apply(self, logits, state, key):
        p = jax.nn.softmax(logits)
        terms = jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1.0)), 0.0)
        return logits / (1 - self.strength * jnp.sum(terms)), state


class Sparing(Strategy):
    """With some probability, forbids all but the best symbol."""

    probability: Number = number()

    def apply(self, logits, state, key):
        spared = jax.random.uniform(key) >= self.probability
        return forbid_unless(spared | (logits == jnp.max(logits)), logits), state


class RingState(NamedTuple):
    """The last symbols, -1 where there are none yet, and the place of the next one."""

    symbols: Int[Array, "w"]
    next: Int[Array, ""]


class Ring(Strategy):
    """Penalises the last symbols, which it keeps in a ring."""

    penalty: Number = number()
    memory: int = size(at_least=1)

    def init(self, vocab_size):
        return RingState(jnp.full(self.memory, -1, jnp.int32), jnp.int32(0))

    def apply(self, logits, state, key):
        ids = jnp.arange(logits.shape[0], dtype=jnp.int32)
        seen = jnp.any(ids[:, None] == state.symbols[None], axis=1)
        return jnp.where(seen, logits - self.penalty, logits), state

    def observe(self, token, state):
        symbols = state.symbols.at[state.next].set(token)
        return RingState(symbols, (state.next + 1) % symbols.shape[0])


class SmallRing(Ring):
    """Its index is int8 and wraps around before it overflows."""

    def init(self, vocab_size):
        return super().init(vocab_size)._replace(next=jnp.int8(0))

    def observe(self, token, state):
        after = super().observe(token, state)
        return after._replace(next=after.next.astype(jnp.int8))


class InBars(Ring):
    """Forgets everything at the end of each bar."""

    def observe(self, token, state):
        after = super().observe(token, state)
        ends = after.next == 0
        return after._replace(symbols=jnp.where(ends, -1, after.symbols))


class AfterRare(Strategy):
    """Sharpens from the first time that one symbol was seen."""

    permutation_equivariant = False
    power: Number = number(above=0)
    rare: Integer = integer(at_least=0)

    def init(self, vocab_size):
        return jnp.bool_(False)

    def apply(self, logits, state, key):
        return jnp.where(state, self.power * logits, logits), state

    def observe(self, token, state):
        return state | (token == self.rare)


class AfterImprobable(Sharpened):
    """Sharpens after a symbol of small probability was drawn."""

    def init(self, vocab_size):
        return jnp.ones(vocab_size), jnp.bool_(False)

    def apply(self, logits, state, key):
        shaped, _ = super().apply(logits, (), key)
        p = jnp.where(logits > -jnp.inf, jax.nn.softmax(logits), 0.0)
        return jnp.where(state[1], shaped, logits), (p, state[1])

    def observe(self, token, state):
        return state[0], state[1] | (state[0][token] < 1e-3)


class TableInState(Strategy):
    """Its state is a table that never changes."""

    permutation_equivariant = False
    weight: Number = number()

    def init(self, vocab_size):
        return jnp.arange(vocab_size, dtype=jnp.float32) / 16

    def apply(self, logits, state, key):
        return logits + self.weight * state, state


class TableOfMoves(TableInState):
    """Its state is a table of moves, and the last symbol."""

    def init(self, vocab_size):
        ids = jnp.arange(vocab_size, dtype=jnp.int32)
        near = jnp.abs(ids[:, None] - ids[None]) < 7
        return near, jnp.int32(0)

    def apply(self, logits, state, key):
        near, last = state
        return jnp.where(near[last], logits, logits - self.weight), state

    def observe(self, token, state):
        return state[0], token


class RandomTable(TableInState):
    """Its state is a table of random numbers, the same in every stream."""

    def init(self, vocab_size):
        return jax.random.normal(jax.random.key(5), (vocab_size,))


class Watermark(TableInState):
    """Favours symbols that the last symbol and a secret choose."""

    secret: Integer = integer(at_least=0)

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        key = jax.random.fold_in(jax.random.key(self.secret), state)
        green = jax.random.bernoulli(key, 0.5, logits.shape)
        return jnp.where(green, logits + self.weight, logits), state

    def observe(self, token, state):
        return token


class Hashed(Watermark):
    """Its state is a hash of all symbols, which overflows on purpose."""

    def init(self, vocab_size):
        return jnp.uint32(2166136261)

    def observe(self, token, state):
        return (state ^ token.astype(jnp.uint32)) * jnp.uint32(16777619)


class FadingPenalty(Strategy):
    """Penalises less and less; its last numbers are too small for float32."""

    penalty: Number = number()

    def init(self, vocab_size):
        return jnp.zeros(vocab_size), jnp.float32(1)

    def apply(self, logits, state, key):
        return logits - self.penalty * state[0] * state[1], state

    def observe(self, token, state):
        return (0.01 * state[0]).at[token].add(1.0), 0.5 * state[1]


class BoundedCounts(Counts):
    """Counts in int8, up to a limit."""

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, jnp.int8)

    def observe(self, token, state):
        return jnp.minimum(state, 126).at[token].add(1)


class BestOf(Strategy):
    """Keeps about k symbols; k fixes a shape within `apply` only."""

    k: int = size(at_least=1)

    def apply(self, logits, state, key):
        worst = jax.lax.top_k(logits, self.k)[0][-1]
        return forbid_unless(logits >= worst, logits), state


class Softened(Strategy):
    """Averages with its neighbours in rank, `times` times; unrolled."""

    times: int = size(at_least=1)

    def apply(self, logits, state, key):
        for _ in range(self.times):
            low = jnp.where(logits > -jnp.inf, logits - jnp.max(logits), 0.0)
            logits = logits - 0.1 * jnp.tanh(low)
        return logits, state


TWINS = {
    "counts": Counts(HALF),
    "sharpened": Sharpened(HALF),
    "sparing": Sparing(HALF),
    "Greedy": Greedy(),
    "a ring": Ring(HALF, 16),
    "a ring with an int8 index": SmallRing(HALF, 100),
    "bars of 7": InBars(HALF, 7),
    "after a rare symbol": AfterRare(HALF, 14),
    "after an improbable symbol": AfterImprobable(HALF),
    "a table": TableInState(HALF),
    "a table of moves": TableOfMoves(HALF),
    "a random table": Chain(Temperature(HALF), RandomTable(HALF)),
    "a watermark of a hash": Hashed(HALF, 9),
    "fades": FadingPenalty(HALF),
    "bounded counts in int8": BoundedCounts(HALF),
}
# Sizes that fix the shapes or the operations of `apply`, though not of the state.
SIZED = {"a number kept": BestOf(3), "a number of rounds": Softened(3)}
