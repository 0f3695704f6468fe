"""A decoder under test, and ways to run it on random candidates.

There is no model. The distributions of each member are random, so that the decoder also
meets forbidden symbols, certain symbols and members that have ended.
"""

from functools import cached_property, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.decoders.base import Candidates, Choice, Decoder, Prompt
from lstm_music_jax.testing.inputs import KINDS, note_key, random_logits
from lstm_music_jax.testing.runner import quickly
from lstm_music_jax.types import Array, Float, Int, PyTree, UInt32

POPULATIONS, PROMPT, HIDDEN = 6, 3, 4
SYMBOLS = len(KINDS) + 4
STOP = 1


class Material(NamedTuple):
    """The random numbers of one population or of a batch.

    Attributes:
        prompt: symbol ids.
        prompt_hidden: the hidden state after each symbol of the prompt but the last.
        logits: logits of the model for each symbol and member.
        shaped: the same, of the strategy, which forbids some symbols.
        noise: Gumbel noise of the draw.
        hidden: hidden states of each member.
        key_bits: bits of the random keys: for the first weights, for the state, and for
            each symbol.
    """

    prompt: Int[np.ndarray, "*b p"]
    prompt_hidden: Float[np.ndarray, "*b read h"]
    logits: Float[np.ndarray, "*b n m v"]
    shaped: Float[np.ndarray, "*b n m v"]
    noise: Float[np.ndarray, "*b n m v"]
    hidden: Float[np.ndarray, "*b n m h"]
    key_bits: UInt32[np.ndarray, "*b keys 2"]

    def rows(self, index) -> "Material":
        """Return the material of some populations of the batch, or of one."""
        return Material(*(leaf[index] for leaf in self))


def random_material(
    rng: np.random.Generator, members: int, vocab_size: int
) -> Material:
    """Return random material of `POPULATIONS` populations."""
    shape = (POPULATIONS, SYMBOLS, members)

    def logits(kinds):
        values = [random_logits(rng, vocab_size, kind) for kind in kinds.tolist()]
        return np.array(values).reshape(*shape, vocab_size)

    count = int(np.prod(shape))
    model = logits(np.zeros(count, int))
    # Without ties, rounding decides nothing.
    tilt = rng.normal(0, 0.01, (*shape, vocab_size)).astype(np.float32)
    shaped = logits(rng.integers(0, len(KINDS), count)) + tilt
    return Material(
        rng.integers(0, vocab_size, (POPULATIONS, PROMPT)).astype(np.int32),
        rng.normal(size=(POPULATIONS, PROMPT - 1, HIDDEN)).astype(np.float32),
        model + tilt,
        shaped,
        rng.gumbel(size=(*shape, vocab_size)).astype(np.float32),
        rng.normal(size=(*shape, HIDDEN)).astype(np.float32),
        rng.integers(2**32, size=(POPULATIONS, SYMBOLS + 2, 2), dtype=np.uint32),
    )


class Decoded(NamedTuple):
    """What a decoder did.

    Attributes:
        candidates: what it could choose from, with an axis for the symbols.
        choices: what it chose, with an axis for the symbols.
        state: its state after the last symbol.
    """

    candidates: Candidates
    choices: Choice
    state: PyTree


class DecoderSubject:
    """A decoder under test, its material, and the results that several laws share."""

    def __init__(self, decoder: Decoder, vocab_size: int, seed: int) -> None:
        """Make a subject with random material."""
        self.decoder, self.vocab_size = decoder, vocab_size
        rng = np.random.default_rng(seed)
        self.material = random_material(rng, decoder.members, vocab_size)

    @cached_property
    def _batch(self):
        return quickly(jax.vmap(partial(run, vocab_size=self.vocab_size), (None, 0)))

    def decode(self, material: Material) -> Decoded:
        """Run the compiled decoder on a batch of populations; return NumPy arrays."""
        return jax.tree.map(np.asarray, self._batch(self.decoder, material))

    @cached_property
    def decoded(self) -> Decoded:
        """What the decoder did with the material."""
        return self.decode(self.material)


class _Members(NamedTuple):
    """What the engine knows of the members between two symbols."""

    log_weights: Float[Array, "m"]
    total_log_prob: Float[Array, "m"]
    total_strategy_log_prob: Float[Array, "m"]
    length: Int[Array, "m"]
    token: Int[Array, "m"]


def begin(
    decoder: Decoder, material: Material, vocab_size: int
) -> tuple[_Members, PyTree]:
    """Return the members of a population before the first symbol, and the state."""
    prompt = Prompt(
        jnp.asarray(material.prompt),
        jnp.asarray(material.prompt_hidden) if decoder.needs_hidden else None,
    )
    count = decoder.members
    zeros = jnp.zeros(count, jnp.float32)
    first = decoder.first_log_weights(note_key(material.key_bits[0]))
    last = jnp.full(count, material.prompt[-1], jnp.int32)
    members = _Members(first, zeros, zeros, jnp.zeros(count, jnp.int32), last)
    return members, decoder.init(vocab_size, prompt, note_key(material.key_bits[1]))


def first_choice(
    decoder: Decoder, material: Material, vocab_size: int
) -> tuple[Choice, PyTree]:
    """Return the first choice of a decoder for one population, and its new state."""
    members, state = begin(decoder, material, vocab_size)
    each = jax.tree.map(lambda leaf: jnp.asarray(leaf)[0], _by_symbol(material))
    candidates = _candidates(decoder, members, each)
    return decoder.choose(candidates, state, note_key(each[-1]))


def run(
    decoder: Decoder, material: Material, vocab_size: int, symbols: int = SYMBOLS
) -> Decoded:
    """Let a decoder choose the first `symbols` symbols of one population."""

    def choose(carry, each):
        members, state = carry
        candidates = _candidates(decoder, members, each)
        choice, state = decoder.choose(candidates, state, note_key(each[-1]))
        rows, tokens = choice.ancestors, choice.tokens
        members = _Members(
            choice.log_weights,
            members.total_log_prob[rows] + candidates.log_probs[rows, tokens],
            members.total_strategy_log_prob[rows]
            + candidates.strategy_log_probs[rows, tokens],
            members.length[rows] + (~candidates.ended[rows]).astype(jnp.int32),
            tokens,
        )
        return (members, state), (candidates, choice)

    first, state = begin(decoder, material, vocab_size)
    each = jax.tree.map(lambda leaf: jnp.asarray(leaf)[:symbols], _by_symbol(material))
    (_, state), (candidates, choices) = jax.lax.scan(choose, (first, state), each)
    return Decoded(candidates, choices, state)


def _by_symbol(material):
    return *material[2:6], material.key_bits[2:]


def _candidates(decoder, members, each):
    logits, shaped, noise, hidden, _ = each
    ended = members.token == STOP
    certain = jnp.where(jnp.arange(logits.shape[1]) == STOP, 0.0, -jnp.inf)[None]

    def log_probs(values):
        return jnp.where(ended[:, None], certain, jax.nn.log_softmax(values))

    drawn = jnp.argmax(log_probs(shaped) + noise, axis=1).astype(jnp.int32)
    return Candidates(
        log_probs(logits),
        log_probs(shaped),
        drawn,
        members.log_weights,
        members.total_log_prob,
        members.total_strategy_log_prob,
        members.length,
        ended,
        hidden if decoder.needs_hidden else None,
    )
