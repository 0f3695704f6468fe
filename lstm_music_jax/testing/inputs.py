"""The inputs on which a strategy is tested, as NumPy arrays.

Logits are multiples of 1/64. So adding a constant that is one too is exact, and equal
logits stay equal. `KINDS` lists kinds of logits, such as logits with ties, or with
forbidden symbols, which are -inf. A stream is a sequence that is generated.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.types import Array, Float, Int, UInt32

STREAMS = 8
PROMPT = 8


class Inputs(NamedTuple):
    """The inputs of one stream, or of each stream of a batch.

    Attributes:
        prompt: symbol ids.
        logits: for each symbol after the prompt, the model's logits.
        key_bits: for each of these symbols, the bits of the strategy's random key.
        noise: Gumbel noise. The symbol with the largest sum of noise and shaped logit
            is drawn.
    """

    prompt: Int[np.ndarray, "*b p"]
    logits: Float[np.ndarray, "*b n v"]
    key_bits: UInt32[np.ndarray, "*b n 2"]
    noise: Float[np.ndarray, "*b n v"]

    def row(self, index: int) -> "Inputs":
        """Return the inputs of one stream of the batch."""
        return Inputs(*(leaf[index] for leaf in self))


def random_inputs(rng: np.random.Generator, vocab_size: int) -> Inputs:
    """Return random inputs of eight streams, each with logits of all `KINDS`."""
    # Prompts use only three symbols, so that they repeat themselves.
    alphabet = rng.choice(vocab_size, min(3, vocab_size), replace=False)
    notes = len(KINDS)
    return Inputs(
        rng.choice(alphabet, (STREAMS, PROMPT)).astype(np.int32),
        np.array(
            [
                [
                    random_logits(rng, vocab_size, note + 2 * stream)
                    for note in range(notes)
                ]
                for stream in range(STREAMS)
            ]
        ),
        rng.integers(2**32, size=(STREAMS, notes, 2), dtype=np.uint32),
        rng.gumbel(size=(STREAMS, notes, vocab_size)).astype(np.float32),
    )


def random_logits(
    rng: np.random.Generator, vocab_size: int, kind: int
) -> Float[np.ndarray, "v"]:
    """Return random logits of the kind `KINDS[kind % len(KINDS)]`."""
    return rounded(KINDS[kind % len(KINDS)](rng, vocab_size))


def rounded(logits: Float[np.ndarray, "*b v"]) -> Float[np.ndarray, "*b v"]:
    """Return the multiples of 1/64 that are nearest to the logits, float32."""
    return (np.round(64 * logits) / 64).astype(np.float32)


def note_key(key_bits: UInt32[np.ndarray, "2"] | UInt32[Array, "2"]) -> Array:
    """Return a random key with the given bits."""
    return jax.random.wrap_key_data(jnp.asarray(key_bits), impl="threefry2x32")


def _one_symbol(rng, v, logit):
    """Return logits that are 0 for one random symbol, and `logit` for all others."""
    return np.where(np.arange(v) == rng.integers(v), 0.0, logit)


def _few_symbols(rng, v, count, spread):
    """Return random logits that are -inf for all but `count` symbols.

    `spread` is the standard deviation of the finite logits.
    """
    allowed = rng.permutation(v) < count
    return np.where(allowed, spread * rng.normal(size=v), -np.inf)


KINDS = (
    lambda rng, v: 2 * rng.normal(size=v),
    lambda rng, v: np.round(rng.normal(size=v)),  # ties
    lambda rng, v: np.where(  # forbidden symbols
        rng.random(v) < 0.5, _one_symbol(rng, v, -np.inf), 2 * rng.normal(size=v)
    ),
    lambda rng, v: _one_symbol(rng, v, -9.0) + rng.normal(size=v),  # one probable
    # All but one probability are 0 in float32, although no logit is -inf.
    lambda rng, v: _one_symbol(rng, v, -200.0) + rng.normal(size=v),
    lambda rng, v: np.zeros(v),
    lambda rng, v: _one_symbol(rng, v, -np.inf),  # one allowed
    lambda rng, v: _few_symbols(rng, v, 2, 1.0),
    lambda rng, v: _few_symbols(rng, v, 2, 0.0),  # two equal ones
    lambda rng, v: _few_symbols(rng, v, 3, 1.0),
)
