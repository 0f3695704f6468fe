"""The engine: draws symbol after symbol in one `lax.scan`, and is the only one to draw.

Written for one stream: `vmap` makes the batch. A stream's key is `fold_in(key,
stream)`, a note's `fold_in(stream key, position)`, so a stream meets the same noise
in any batch, on any number of devices and under any strategy.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.generation.contexts import Carried, Context, Memory, Model
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import chain
from lstm_music_jax.types import (
    Array,
    Float,
    Int,
    Logits,
    PRNGKey,
    PRNGKeys,
    PyTree,
    Token,
)

MODEL_ALONE = chain()
CARRIED = Carried()


class Generation(NamedTuple):
    """What was drawn, without the prompt.

    `log_probs` are the model's, `strategy_log_probs` those of the distribution drawn
    from: nats, float32.
    """

    tokens: Int[Array, "b n"]
    log_probs: Float[Array, "b n"]
    strategy_log_probs: Float[Array, "b n"]


class Stream(NamedTuple):
    """The scan's carry: all that a stream goes on from."""

    key: PRNGKey
    position: Int[Array, ""]
    memory: Memory
    logits: Logits
    strategy_state: PyTree


def generate(
    model: Model,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    *,
    length: int,
    strategy: Strategy = MODEL_ALONE,
    context: Context = CARRIED,
) -> Generation:
    """Continue every prompt by `length` symbols, in one program on one device.

    Changing a hyperparameter of the strategy does not recompile.

    Args:
        model: anything with `initial_state`, `step` and `unroll`.
        prompts: one or more ids a stream.
        key: the same key gives the same symbols.
        length: symbols to draw, 1 or more.
        strategy: shapes each distribution; the model's own by default.
        context: what the model remembers; the carried state by default.

    Raises:
        ValueError: no stream, an empty prompt, or a length below 1.
    """
    check_sizes(prompts, length)
    keys = stream_keys(key, prompts.shape[0])
    return _generate(model, prompts, keys, strategy, context, length)


def check_sizes(prompts: Int[Array, "b p"], length: int) -> None:
    """Raise ValueError where there is nothing to read or nothing to draw."""
    if 0 in prompts.shape:
        raise ValueError(
            f"prompts has shape {prompts.shape}; it takes one stream or more, "
            "of one symbol or more"
        )
    if length < 1:
        raise ValueError(f"length is {length}; it must be at least 1")


def stream_keys(key: PRNGKey, streams: int) -> PRNGKeys:
    """Return the keys of streams 0, 1, ..."""
    return jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(streams))


def draw_streams(
    model: Model,
    prompts: Int[Array, "b p"],
    keys: PRNGKeys,
    strategy: Strategy,
    context: Context,
    length: int,
) -> Generation:
    """Do what `generate` does, uncompiled, for streams of the given keys."""

    def draw_one(prompt, key):
        stream = _begin(model, prompt, key, strategy, context)
        draw_next = partial(_draw_next, model, strategy, context)
        return jax.lax.scan(draw_next, stream, length=length)[1]

    return jax.vmap(draw_one)(prompts, keys)


_generate = jax.jit(draw_streams, static_argnums=5)


def _begin(
    model: Model,
    prompt: Int[Array, "p"],
    key: PRNGKey,
    strategy: Strategy,
    context: Context,
) -> Stream:
    memory, logits = context.prefill(model, prompt)
    logits = logits.astype(jnp.float32)
    state = strategy.init(logits.shape[-1])
    state, _ = jax.lax.scan(
        lambda state, token: (strategy.observe(token, state), None), state, prompt
    )
    return Stream(key, jnp.int32(prompt.shape[0]), memory, logits, state)


def _draw_next(
    model: Model, strategy: Strategy, context: Context, stream: Stream, _: None
) -> tuple[Stream, Generation]:
    strategy_key, draw_key = jax.random.split(
        jax.random.fold_in(stream.key, stream.position)
    )
    shaped, state = strategy.apply(stream.logits, stream.strategy_state, strategy_key)
    # A strategy that forbids everything leaves nothing to draw: the model decides.
    shaped = jnp.where(jnp.any(shaped > -jnp.inf), shaped, stream.logits)
    token = draw(shaped, draw_key)
    memory, logits = context.step(model, stream.memory, token)
    drawn = Generation(
        token,
        jax.nn.log_softmax(stream.logits)[token],
        jax.nn.log_softmax(shaped)[token],
    )
    return (
        Stream(
            stream.key,
            stream.position + 1,
            memory,
            logits.astype(jnp.float32),
            strategy.observe(token, state),
        ),
        drawn,
    )


def draw(logits: Logits, key: PRNGKey) -> Token:
    """Draw from softmax(logits): the argmax after Gumbel noise (Gumbel 1954).

    Raises nothing and never draws a symbol of logit -inf while another is finite.
    """
    noise = jax.random.gumbel(key, logits.shape)
    return jnp.argmax(logits + noise).astype(jnp.int32)
