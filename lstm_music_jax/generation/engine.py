"""The engine: draws symbol after symbol in one `lax.scan`, and is the only one to draw.

Written for one stream: `vmap` makes the batch. A stream's key is `fold_in(key,
stream)`, split into one for the strategy and one for the draw; a note's is
`fold_in(that, position)`. So a stream meets the same noise in any batch, on any number
of devices and under any strategy.
"""

from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.devices import spread
from lstm_music_jax.generation.contexts import Carried, Context, Memory, Model
from lstm_music_jax.generation.draws import GUMBEL, Draw
from lstm_music_jax.generation.trace import Trace, apply_in_stages, trace_note
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Float, Int, PRNGKey, PyTree, Token

MODEL_ALONE = Chain()
CARRIED = Carried()

# The gates of 1024 streams (512 units: 8 MB) stay in a CPU's caches: 4096 streams take
# a tenth longer side by side than by fours.
_AT_ONCE_ON_A_CPU = 1024


class Generation(NamedTuple):
    """What was drawn, without the prompt.

    `log_probs` are the model's, `strategy_log_probs` those of the distribution drawn
    from: nats, float32. `trace` is there where it was asked for.
    """

    tokens: Int[Array, "*b n"]
    log_probs: Float[Array, "*b n"]
    strategy_log_probs: Float[Array, "*b n"]
    trace: Trace | None


class Stream(NamedTuple):
    """The scan's carry: all that a stream goes on from."""

    strategy_key: PRNGKey
    draw_key: PRNGKey
    position: Int[Array, ""]
    token: Token
    memory: Memory
    strategy_state: PyTree
    draw_state: PyTree


class Sampler(NamedTuple):
    """How symbols are chosen; a PyTree."""

    strategy: Strategy
    context: Context
    draw: Draw


class Plan(NamedTuple):
    """What is fixed when a program is compiled."""

    length: int
    trace: bool
    at_once: int | None


def generate(
    model: Model,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    *,
    length: int,
    strategy: Strategy = MODEL_ALONE,
    context: Context = CARRIED,
    draw: Draw = GUMBEL,
    trace: bool = False,
    at_once: int | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> Generation:
    """Continue every prompt by `length` symbols, in one program on all devices.

    Changing a hyperparameter of the strategy does not recompile.

    Args:
        model: any that the context can read: see `contexts`.
        prompts: one or more ids a stream.
        key: the same key gives the same symbols.
        length: symbols to draw, 1 or more.
        strategy: shapes each distribution; the model's own by default.
        context: what the model remembers; the carried state by default.
        draw: how a symbol is drawn; independently by default.
        trace: describe every note's distributions (see `Trace`).
        at_once: streams that are drawn side by side, others after them: fewer take
            less memory, and give the same symbols. Default: all; 1024 on a CPU.
        devices: the devices that share the streams; all of all processes by default.
            Each process calls this with equal arguments and gets all streams. The
            symbols do not depend on how many devices there are.

    Raises:
        ValueError: no stream, an empty prompt, a length or `at_once` below 1.
    """
    plan = Plan(length, trace, at_once)
    check_sizes(prompts, plan)
    streams = prompts.shape[0]
    devices = tuple(jax.devices() if devices is None else devices)
    if {device.process_index for device in devices} == {jax.process_index()}:
        devices = devices[:streams]
    sampler = Sampler(strategy, context, draw)
    drawn = _on_devices(plan, devices)(model, prompts, key, sampler)
    if len(devices) == 1:
        return drawn
    return jax.tree.map(lambda leaf: leaf.addressable_data(0)[:streams], drawn)


@cache
def _on_devices(plan, devices):
    def draw(shard, model, prompts, key, sampler):
        streams = prompts.shape[0]
        padded = -(-streams // shard.count) * shard.count
        rows = jnp.minimum(shard.rows(padded), streams - 1)
        drawn = draw_streams(
            model, prompts[rows], key, rows, jnp.int32(streams), sampler, plan
        )
        return shard.gather(drawn)

    return spread(draw, devices)


def check_sizes(prompts: Int[Array, "b p"], plan: Plan) -> None:
    """Raise ValueError where there is nothing to read or nothing to draw."""
    if 0 in prompts.shape:
        raise ValueError(
            f"prompts has shape {prompts.shape}; it takes one stream or more, "
            "of one symbol or more"
        )
    if plan.length < 1:
        raise ValueError(f"length is {plan.length}; it must be at least 1")
    if plan.at_once is not None and plan.at_once < 1:
        raise ValueError(f"at_once is {plan.at_once}; it must be at least 1")


def draw_streams(
    model: Model,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    indices: Int[Array, "b"],
    streams: Int[Array, ""],
    sampler: Sampler,
    plan: Plan,
) -> Generation:
    """Do what `generate` does, uncompiled, for streams `indices` of all `streams`."""

    def draw_one(prompt, index):
        # Streams count from 0, so the number before them is free for what they share.
        shared = jax.random.fold_in(key, jnp.uint32(2**32 - 1))
        stream = _begin(
            model,
            prompt,
            jax.random.fold_in(key, index),
            sampler.draw.init(shared, index, streams),
            sampler,
        )
        draw_next = partial(_draw_next, model, sampler, plan.trace)
        return jax.lax.scan(draw_next, stream, length=plan.length)[1]

    most = plan.at_once
    if most is None:
        on_a_cpu = jax.default_backend() == "cpu"
        most = _AT_ONCE_ON_A_CPU if on_a_cpu else len(indices)
    return _map_in_parts(draw_one, most, prompts, indices)


def _map_in_parts(function, most, *arrays):
    """Map over the rows of arrays, at most `most` of them at once, as many each time.

    Where that does not come out even, the last row is done more than once. One row
    alone is not mapped: its products are vectors', which a CPU's cores share.
    """
    rows = len(arrays[0])
    if rows == 1:
        alone = function(*(array[0] for array in arrays))
        return jax.tree.map(lambda leaf: leaf[None], alone)
    parts = -(-rows // most)
    if parts == 1:
        return jax.vmap(function)(*arrays)
    size = -(-rows // parts)
    chosen = jnp.minimum(jnp.arange(parts * size), rows - 1).reshape(parts, size)
    results = jax.lax.map(
        lambda part: jax.vmap(function)(*(array[part] for array in arrays)), chosen
    )
    return jax.tree.map(
        lambda leaf: leaf.reshape(parts * size, *leaf.shape[2:])[:rows], results
    )


def _begin(
    model: Model,
    prompt: Int[Array, "p"],
    key: PRNGKey,
    draw_state: PyTree,
    sampler: Sampler,
) -> Stream:
    strategy = sampler.strategy
    prompt = prompt.astype(jnp.int32)
    token = prompt[-1]
    memory = sampler.context.prefill(model, prompt[:-1])
    logits = jax.eval_shape(sampler.context.step, model, memory, token)[1]
    state, _ = jax.lax.scan(
        lambda state, token: (strategy.observe(token, state), None),
        strategy.init(logits.shape[-1]),
        prompt,
    )
    position = jnp.int32(prompt.shape[0])
    strategy_key, draw_key = jax.random.split(key)
    return Stream(strategy_key, draw_key, position, token, memory, state, draw_state)


def _draw_next(
    model: Model, sampler: Sampler, trace: bool, stream: Stream, _: None
) -> tuple[Stream, Generation]:
    strategy_key = jax.random.fold_in(stream.strategy_key, stream.position)
    draw_key = jax.random.fold_in(stream.draw_key, stream.position)
    memory, logits = sampler.context.step(model, stream.memory, stream.token)
    logits = logits.astype(jnp.float32)
    shaped, state, stages = apply_in_stages(
        sampler.strategy, logits, stream.strategy_state, strategy_key
    )
    # A strategy that forbids everything leaves nothing to draw: the model decides.
    empty = ~jnp.any(shaped > -jnp.inf)
    shaped = jnp.where(empty, logits, shaped)
    token, draw_state = sampler.draw.draw(shaped, stream.draw_state, draw_key)

    log_probs = jax.nn.log_softmax(logits)
    strategy_log_probs = jax.nn.log_softmax(shaped)
    drawn = Generation(
        token,
        log_probs[token],
        strategy_log_probs[token],
        trace_note(log_probs, strategy_log_probs, empty, stages, token)
        if trace
        else None,
    )
    stream = stream._replace(
        position=stream.position + 1,
        token=token,
        memory=memory,
        strategy_state=sampler.strategy.observe(token, state),
        draw_state=draw_state,
    )
    return stream, drawn
