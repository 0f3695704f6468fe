"""Mistakes that show only after many symbols, or at few logits.

name -> (strategy, the law it breaks).
"""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Number, number, size
from lstm_music_jax.strategies import Chain, Strategy, Temperature
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.testing import laws
from lstm_music_jax.types import Array, Float, Int, Scalar
from lstm_music_jax.xla.ordering import keep_mass
from tests.strategies.twins import HALF, Counts, Ring, RingState, Sharpened, Sparing


class SmallCounts(Counts):
    """Counts in int8, which holds 127."""

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, jnp.int8)


class SmallPosition(Strategy):
    """Counts the symbols in uint8, which holds 255."""

    rate: Number = number()

    def init(self, vocab_size):
        return jnp.uint8(0)

    def apply(self, logits, state, key):
        return logits / (1 + self.rate * state.astype(jnp.float32)), state

    def observe(self, token, state):
        return state + jnp.uint8(1)


class HalfSum(SmallPosition):
    """Adds in float16, which holds 65504."""

    def init(self, vocab_size):
        return jnp.float16(0)

    def observe(self, token, state):
        return state + jnp.float16(300)


class EndlessHeat(SmallPosition):
    """Raises its temperature at every symbol, without a limit."""

    def init(self, vocab_size):
        return jnp.float32(1)

    def apply(self, logits, state, key):
        return logits / state, state

    def observe(self, token, state):
        return state * (1 + self.rate)


class ProductState(NamedTuple):
    """The probabilities of this note, and the product of those drawn."""

    probabilities: Float[Array, "v"]
    product: Scalar


class Perplexity(Strategy):
    """Multiplies the probabilities of all drawn symbols; the product becomes 0."""

    rate: Number = number()

    def init(self, vocab_size):
        return ProductState(jnp.ones(vocab_size), jnp.float32(1))

    def apply(self, logits, state, key):
        shaped = logits * (1 - self.rate / jnp.log(state.product / 2))
        p = jax.nn.softmax(logits)
        p = jnp.where(jnp.isfinite(p), p, 1.0)
        return self.shaped(logits, shaped, state), state._replace(probabilities=p)

    def shaped(self, logits, shaped, state):
        return jnp.where(logits > -jnp.inf, shaped + 0 / state.product, -jnp.inf)

    def observe(self, token, state):
        p = jnp.maximum(state.probabilities[token], 1e-3)
        return state._replace(product=state.product * p)


class LogPerplexity(Perplexity):
    """Adds the logarithm of the product, which becomes -inf."""

    def shaped(self, logits, shaped, state):
        return logits + jnp.log(state.product)


class DroppedRing(Ring):
    """Its index does not wrap around: symbols beyond the ring's end are dropped."""

    def observe(self, token, state):
        return RingState(state.symbols.at[state.next].set(token), state.next + 1)


class ClampedRing(Ring):
    """Its index stops at the last place."""

    def observe(self, token, state):
        last = state.symbols.shape[0] - 1
        symbols = state.symbols.at[state.next].set(token)
        return RingState(symbols, jnp.minimum(state.next + 1, last))


class SlicedRing(Ring):
    """Its index does not wrap around: XLA clamps the start of a slice."""

    def observe(self, token, state):
        place = (state.next,)
        symbols = jax.lax.dynamic_update_slice(state.symbols, token[None], place)
        return RingState(symbols, state.next + 1)


class SpreadOfTheRest(Strategy):
    """Divides by the number of possible symbols less two."""

    rate: Number = number()

    def apply(self, logits, state, key):
        possible = logits > -jnp.inf
        count = jnp.sum(possible.astype(jnp.float32))
        mean = jnp.mean(logits, where=possible)
        squares = jnp.where(possible, (logits - mean) ** 2, 0.0)
        spread = jnp.where(count == 1, 0.0, jnp.sum(squares) / (count - 2))
        return logits / (1 + self.rate * spread), state


class Curvature(Strategy):
    """Divides by the curvatures' sum, which is 0 if two or fewer symbols are left."""

    rate: Number = number(above=0)

    def apply(self, logits, state, key):
        p = jnp.sort(jax.nn.softmax(logits))[::-1]
        curves = jnp.abs(jnp.diff(jnp.where(p > 0, p, 0.0), 2))
        curves = jnp.where(p[2:] > 0, curves, 0.0)
        share = jnp.where(p[1] > 0, curves[0] / jnp.sum(curves), 0.0)
        return logits * (1 + self.rate * share), state


class MeanOfThree(Strategy):
    """Divides by the gap between the third logit and the fourth."""

    rate: Number = number()

    def apply(self, logits, state, key):
        top = jax.lax.top_k(logits, 4)[0]
        gap = jnp.where(top[2] > -jnp.inf, top[2] - top[3], 1.0)
        return logits * jnp.maximum(self.rate, gap - gap), state


class PlainSoftmax(Strategy):
    """Divides exp(l) by its sum, without subtracting the maximum."""

    p: Number = number()

    def apply(self, logits, state, key):
        weights = jnp.exp(logits)
        p = weights / jnp.sum(weights)
        return forbid_unless(keep_mass(p, p, self.p), logits), state


class PlainLogSum(Strategy):
    """Subtracts log(sum(exp(l))), which is infinite for large logits."""

    rate: Number = number()

    def apply(self, logits, state, key):
        shaped = (1 + self.rate) * (logits - jnp.log(jnp.sum(jnp.exp(logits))))
        return forbid_unless(logits > -jnp.inf, shaped), state


class UnnormalisedFlag(PlainLogSum):
    """Overflows, and does not claim to be shift-invariant."""

    shift_invariant = False


class TwoState(NamedTuple):
    """Two leaves. One of them must move."""

    counts: Int[Array, "v"]
    last: Int[Array, ""]


class DeadLast(Counts):
    """Never changes the second leaf of its state."""

    def init(self, vocab_size):
        return TwoState(super().init(vocab_size), jnp.int32(0))

    def apply(self, logits, state, key):
        shaped, _ = super().apply(logits, state.counts, key)
        return shaped.at[state.last].add(-self.penalty), state

    def observe(self, token, state):
        return TwoState(super().observe(token, state.counts), self.last(token, state))

    permutation_equivariant = False

    def last(self, token, state):
        return state.last


class DeadByArithmetic(DeadLast):
    """Computes its second leaf again, always with the same result."""

    def last(self, token, state):
        return jnp.maximum(state.last, 0 * token)


class DeadCounts(DeadLast):
    """Writes its counts beyond their end."""

    def observe(self, token, state):
        beyond = token + state.counts.shape[0]
        return TwoState(state.counts.at[beyond].add(1), token)


class StaticK(Strategy):
    """Its k is a size, and fixes no shape."""

    k: int = size(at_least=1)

    def apply(self, logits, state, key):
        better = jnp.sum((logits[None] > logits[:, None]).astype(jnp.int32), axis=1)
        return forbid_unless(better < self.k, logits), state


class StaticPenalty(Counts):
    """Its penalty is a size, beside a hyperparameter that is a leaf."""

    times: int = size(at_least=1)

    def apply(self, logits, state, key):
        counts = jnp.minimum(state, self.times).astype(jnp.float32)
        return logits - self.penalty * counts, state


class StaticBesideMemory(Ring):
    """Has a size that fixes a shape, and one that does not."""

    repeats: int = size(at_least=0)

    def apply(self, logits, state, key):
        ids = jnp.arange(logits.shape[0], dtype=jnp.int32)
        seen = jnp.sum((ids[:, None] == state.symbols[None]).astype(jnp.int32), axis=1)
        penalty = jnp.where(seen > self.repeats, self.penalty, 0.0)
        return logits - penalty, state


class StaticFloat32(Sharpened):
    """Its hyperparameter is static, as a NumPy float."""

    strength: np.float32 = size(at_least=0)

    def __post_init__(self):
        pass


class ConstantKey(Sparing):
    """Draws from a fixed key, which it makes itself."""

    def apply(self, logits, state, key):
        return super().apply(logits, state, jax.random.key(3))


class KeyOfTheClass(Sparing):
    """Draws from a key of the class."""

    own: ClassVar = jax.random.PRNGKey(3)

    def apply(self, logits, state, key):
        return super().apply(logits, state, self.own)


class KeyAndNote(Sparing):
    """Folds the number of the note into a fixed key."""

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        own = jax.random.fold_in(jax.random.key(3), state)
        return super().apply(logits, state, own)[0], state + 1


class KeyInTheState(Sparing):
    """Begins every stream with the same key, and splits it at each note."""

    def init(self, vocab_size):
        return jax.random.key(3)

    def apply(self, logits, state, key):
        state, now = jax.random.split(state)
        return super().apply(logits, state, now)


class HalfOfTheNoise(Sparing):
    """Draws twice: from its key, and from a constant one."""

    permutation_equivariant = False

    def apply(self, logits, state, key):
        shaped, state = super().apply(logits, state, key)
        noise = jax.random.gumbel(jax.random.key(3), logits.shape)
        return shaped + self.probability * noise, state


NINE = np.float32(0.9)
RARE_MUTANTS = {
    "counts in int8": (SmallCounts(HALF), laws.survives_a_long_run),
    "a position in uint8": (SmallPosition(HALF), laws.survives_a_long_run),
    "a sum in float16": (HalfSum(HALF), laws.survives_a_long_run),
    "a product that overflows": (EndlessHeat(HALF), laws.survives_a_long_run),
    "a product that underflows": (Perplexity(HALF), laws.survives_a_long_run),
    "its logarithm": (LogPerplexity(HALF), laws.survives_a_long_run),
    "a ring that drops": (DroppedRing(HALF, 16), laws.keeps_observing),
    "a ring that clamps": (ClampedRing(HALF, 16), laws.keeps_observing),
    "a ring sliced": (SlicedRing(HALF, 16), laws.keeps_observing),
    "two left: spread": (SpreadOfTheRest(HALF), laws.no_nan_or_infinity),
    "two left: curvature": (Curvature(HALF), laws.no_nan_or_infinity),
    "three left": (MeanOfThree(HALF), laws.no_nan_or_infinity),
    "exp without maximum": (PlainSoftmax(NINE), laws.shift_invariance),
    "log sum exp": (PlainLogSum(HALF), laws.no_nan_or_infinity),
    "an overflow without a claim": (
        UnnormalisedFlag(HALF),
        laws.no_nan_or_infinity,
    ),
    "a dead leaf": (DeadLast(HALF), laws.the_state_moves),
    "a dead leaf computed anew": (DeadByArithmetic(HALF), laws.the_state_moves),
    "dead counts": (DeadCounts(HALF), laws.the_state_moves),
    "dead in a chain": (
        Chain(Temperature(HALF), DeadLast(HALF)),
        laws.the_state_moves,
    ),
    "k as a size": (StaticK(3), laws.sizes_fix_shapes),
    "a limit as a size": (StaticPenalty(HALF, 3), laws.sizes_fix_shapes),
    "a size beside a size": (StaticBesideMemory(HALF, 16, 2), laws.sizes_fix_shapes),
    "a size in a chain": (Chain(Temperature(HALF), StaticK(3)), laws.sizes_fix_shapes),
    "a static NumPy float": (StaticFloat32(HALF), laws.one_trace),
    "a constant key": (ConstantKey(HALF), laws.draws_from_its_key),
    "a key of the class": (KeyOfTheClass(HALF), laws.draws_from_its_key),
    "a key and the note": (KeyAndNote(HALF), laws.draws_from_its_key),
    "a key in the state": (KeyInTheState(HALF), laws.draws_from_its_key),
    "half of the noise": (HalfOfTheNoise(HALF), laws.draws_from_its_key),
    "a constant key in a chain": (
        Chain(Temperature(HALF), ConstantKey(HALF)),
        laws.draws_from_its_key,
    ),
}
