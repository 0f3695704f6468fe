"""Strategies with one planted mistake each, and the law that each of them breaks."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integer, Number, integer, number
from lstm_music_jax.pytrees import static
from lstm_music_jax.strategies import Strategy
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.testing import laws
from lstm_music_jax.xla.ordering import keep_mass
from tests.strategies.twins import HALF, Counts, Sharpened, Sparing


class ListOfSeen(Counts):
    """Remembers the symbols in an attribute of the class and not in the state."""

    seen: ClassVar[list] = []

    def apply(self, logits, state, key):
        return logits - self.penalty * len(self.seen), state

    def observe(self, token, state):
        self.seen.append(token)
        return state


class CountsInPlace(Counts):
    """Changes a state that is a NumPy array in place."""

    def init(self, vocab_size):
        return np.zeros(vocab_size, np.int32)

    def observe(self, token, state):
        if isinstance(token, jax.core.Tracer):
            return jnp.asarray(state).at[token].add(1)
        state = np.asarray(state)
        state.flags.writeable = True
        state[int(token)] += 1
        return state


class NumpyNoise(Sparing):
    """Draws random numbers from NumPy and not from the key."""

    def apply(self, logits, state, key):
        noise = np.random.default_rng().normal(size=logits.shape)
        return logits + noise.astype(np.float32), state


class HalfPrecision(Sharpened):
    """Returns float16."""

    def apply(self, logits, state, key):
        return super().apply(logits, state, key)[0].astype(jnp.float16), state


class WholeLogits(Sharpened):
    """Returns int32 logits."""

    def apply(self, logits, state, key):
        return super().apply(logits, state, key)[0].astype(jnp.int32), state


class OneTooMany(Sharpened):
    """Returns one logit too many."""

    def apply(self, logits, state, key):
        return jnp.concatenate([logits, logits[:1]]), state


class DriftingState(Counts):
    """Its counts become floats after the first symbol."""

    def observe(self, token, state):
        return state.astype(jnp.float32).at[token].add(1)


class GrowingState(Counts):
    """Its history grows by one symbol per note."""

    def init(self, vocab_size):
        return jnp.zeros(0, jnp.int32)

    def apply(self, logits, state, key):
        return logits.at[state].add(-self.penalty), state

    def observe(self, token, state):
        return jnp.concatenate([state, token[None]])


class NoZeroLogZero(Sharpened):
    """Computes 0 ln 0 as NaN and not as 0."""

    def apply(self, logits, state, key):
        p = jax.nn.softmax(logits)
        return logits / (1 - self.strength * jnp.sum(p * jnp.log(p))), state


class Rewarding(Counts):
    """Makes forbidden symbols possible again."""

    def apply(self, logits, state, key):
        return jnp.maximum(logits, -30.0), state


class MinPWrongSign(Strategy):
    """Keeps only symbols above a threshold that no symbol reaches: a sign is wrong."""

    p: Number = number()

    def apply(self, logits, state, key):
        return forbid_unless(logits >= jnp.max(logits) - jnp.log(self.p), logits), state


class ForgetsTheMaximum(Strategy):
    """Has a fixed threshold, which may forbid even the most probable symbol."""

    p: Number = number()

    def apply(self, logits, state, key):
        return forbid_unless(jax.nn.softmax(logits) >= self.p, logits), state


class KOffByOneBelow(Strategy):
    """Keeps k - 1 symbols."""

    k: Integer = integer(at_least=1)

    def apply(self, logits, state, key):
        better = jnp.sum((logits[None] > logits[:, None]).astype(jnp.int32), axis=1)
        return forbid_unless(better < self.k - 1, logits), state


@jax.custom_batching.custom_vmap
def _loudest(logits):
    return jnp.max(logits)


@_loudest.def_vmap
def _loudest_of_batch(axis_size, in_batched, logits):
    return jnp.broadcast_to(jnp.max(logits), (axis_size,)), True


class BatchMaximum(Strategy):
    """Compares logits with the largest one of the whole batch, not of the stream."""

    depth: Number = number()

    def apply(self, logits, state, key):
        top = jnp.max(logits)
        near = (logits >= _loudest(logits) - self.depth) | (logits == top)
        return forbid_unless(near, logits), state


class OtherWhenTraced(Sharpened):
    """Behaves differently in compiled programs."""

    def apply(self, logits, state, key):
        if isinstance(logits, jax.core.Tracer):
            return logits, state
        return super().apply(logits, state, key)


class Branching(Sharpened):
    """Has a Python `if` on the value of a hyperparameter, which a tracer lacks."""

    def apply(self, logits, state, key):
        return (logits if self.strength > 1 else logits / 2), state


class SpoiledByEmpty(Strategy):
    """Keeps an average in its state, which stays NaN after logits that are all -inf."""

    rate: Number = number()

    def init(self, vocab_size):
        return jnp.float32(1)

    def apply(self, logits, state, key):
        p = jax.nn.softmax(logits)
        surprise = 1 - jnp.max(p)
        return logits / state, state + self.rate * (surprise - state)


class DroppedRenormalisation(Strategy):
    """Keeps a nucleus of exp(l) without normalising it."""

    p: Number = number()

    def apply(self, logits, state, key):
        weights = jnp.exp(logits)
        return forbid_unless(keep_mass(weights, weights, self.p), logits), state


class DividesSeen(Counts):
    """Divides by a penalty, and claims to be shift-invariant."""

    def apply(self, logits, state, key):
        return jnp.where(state > 0, logits / (1 + self.penalty), logits), state


class FirstOfEquals(Strategy):
    """Keeps the first of equal symbols, and claims to be permutation-equivariant."""

    def apply(self, logits, state, key):
        best = jnp.arange(logits.shape[-1]) == jnp.argmax(logits)
        return forbid_unless(best, logits), state


class CountsNeighbour(Counts):
    """Counts the id above that of the observed symbol: the index is off by one."""

    def observe(self, token, state):
        return state.at[(token + 1) % state.shape[0]].add(1)


class ForgetsToObserve(Counts):
    """Has counts in its state, and never changes them."""

    def observe(self, token, state):
        return state


class StaticStrength(Strategy):
    """Its hyperparameter is static and not a leaf."""

    strength: float = static()

    def apply(self, logits, state, key):
        return logits * self.strength, state


class PythonFloat(Sharpened):
    """Has a hyperparameter that is not cast to float32."""

    strength: float


class Unregistered(Sharpened):
    """Does not make its subclasses PyTrees."""

    def __init_subclass__(cls):
        pass


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class RegisteredByJax(Unregistered):
    """Has the same tree structure as every class that JAX registers with one field."""

    strength: float


class SettingsTogether(Sharpened):
    """Uses the largest setting of a sweep for all settings."""

    def apply(self, logits, state, key):
        return logits / (1 + _loudest(jnp.asarray(self.strength))), state


class Callback(Sharpened):
    """Gets a number from the host by a callback."""

    def apply(self, logits, state, key):
        strength = jax.pure_callback(
            lambda strength: np.float32(np.abs(strength)),
            jax.ShapeDtypeStruct((), jnp.float32),
            self.strength,
            vmap_method="sequential",
        )
        return logits / (1 + strength), state


MUTANTS = {
    "memory in the class": (ListOfSeen(HALF), laws.is_pure),
    "state changed in place": (CountsInPlace(HALF), laws.is_pure),
    "noise from NumPy": (NumpyNoise(HALF), laws.is_pure),
    "float16": (HalfPrecision(HALF), laws.keeps_shapes_and_dtypes),
    "integers": (WholeLogits(HALF), laws.keeps_shapes_and_dtypes),
    "one logit too many": (OneTooMany(HALF), laws.keeps_shapes_and_dtypes),
    "a changing dtype": (DriftingState(HALF), laws.keeps_shapes_and_dtypes),
    "a growing state": (GrowingState(HALF), laws.keeps_shapes_and_dtypes),
    "0 ln 0": (NoZeroLogZero(HALF), laws.no_nan_or_infinity),
    "-inf made finite": (Rewarding(HALF), laws.forbidden_stays_forbidden),
    "a wrong sign": (MinPWrongSign(HALF), laws.something_is_left_to_draw),
    "the maximum forbidden": (
        ForgetsTheMaximum(HALF),
        laws.something_is_left_to_draw,
    ),
    "k - 1": (KOffByOneBelow(np.int32(1)), laws.something_is_left_to_draw),
    "streams mixed": (BatchMaximum(np.float32(1.3)), laws.rows_are_independent),
    "different when traced": (OtherWhenTraced(HALF), laws.jit_equals_eager),
    "a branch in Python": (Branching(HALF), laws.keeps_shapes_and_dtypes),
    "NaN after all -inf": (SpoiledByEmpty(HALF), laws.survives_an_empty_support),
    "not normalised": (DroppedRenormalisation(HALF), laws.shift_invariance),
    "not shift-invariant": (DividesSeen(HALF), laws.shift_invariance),
    "not equivariant": (FirstOfEquals(), laws.permutation_equivariance),
    "index off by one": (CountsNeighbour(HALF), laws.permutation_equivariance),
    "a constant state": (ForgetsToObserve(HALF), laws.the_state_moves),
    "a static float": (StaticStrength(0.53), laws.one_trace),
    "a Python float": (PythonFloat(0.53), laws.one_trace),
    "registered by JAX": (RegisteredByJax(HALF), laws.structure_is_its_own),
    "settings mixed": (SettingsTogether(HALF), laws.leaves_can_be_swept),
    "a callback": (Callback(HALF), laws.stays_on_the_device),
}
