"""The engine: draws the symbols of one stream, one after another, in a `lax.scan`.

A stream is a sequence that is generated. A strategy shapes the logits of each symbol. A
draw is the rule that picks a symbol from the shaped logits. A context decides which of
the symbols so far the model remembers. What the model keeps of them is its memory, such
as an LSTM's state.

`vmap` turns one stream into a batch. The key of stream number i is `fold_in(key, i)`,
where `key` is that of the batch. The stream's key is split into one key for the
strategy and one for the draw. For each symbol, the position of the symbol is folded
into both keys. So a stream gets the same noise in any batch, on any number of devices,
with any strategy, and however often it is continued. `Arithmetic` is the only draw that
makes an exception: its points also depend on the number of streams.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.generation.arguments import vocab_size
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.generation.trace import (
    Shaped,
    Trace,
    apply_in_stages,
    trace_note,
)
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies.base import Strategy, observe_all
from lstm_music_jax.types import (
    Array,
    Bool,
    Float,
    Int,
    Key,
    Logits,
    PRNGKey,
    PyTree,
    Token,
)
from lstm_music_jax.xla.batching import map_in_parts


class Sampler(NamedTuple):
    """The objects that choose the symbols, a PyTree.

    Attributes:
        strategy: shapes each distribution.
        context: which of the symbols so far the model remembers.
        draw: picks a symbol from the shaped distribution.
        stop: id of the symbol with which a stream ends; None if no stream ends.
        decoder: decides which member of a population continues; None for single
            streams.
    """

    strategy: Strategy
    context: Context
    draw: Draw
    stop: Token | int | None = None
    decoder: Decoder | None = None


class Plan(NamedTuple):
    """The arguments of generation that are fixed when a program is compiled.

    Attributes:
        length: number of symbols to draw per stream.
        trace: whether to record numbers about each drawn symbol and its distributions,
            such as its surprisal; see `Trace`.
        parallel_streams: the largest number of streams that a device draws at once.
    """

    length: int
    trace: bool
    parallel_streams: int


class Stream(NamedTuple):
    """The state of a stream between two symbols.

    The random key is not part of it, because all streams of a batch share one key.

    Attributes:
        number: number of the stream within its batch; it fixes the stream's noise.
        position: number of symbols so far, including those of the prompt.
        token: the last symbol, which the model has not read yet.
        memory: the memory of the model, which has read all symbols but the last one.
        strategy_state: what the strategy remembers of all symbols so far; `()` if it
            remembers nothing.
        draw_state: what the draw remembers between symbols; `()` if it remembers
            nothing.
        fallbacks: number of positions at which the strategy, or a stage of a chain, was
            ignored. It forbade every symbol that was left, or a later promise overruled
            it.
        undefined: whether any logits were NaN, which give no distribution.
    """

    number: Int[Array, "*b"]
    position: Int[Array, "*b"]
    token: Int[Array, "*b"]
    memory: PyTree
    strategy_state: PyTree
    draw_state: PyTree
    fallbacks: Int[Array, "*b"]
    undefined: Bool[Array, "*b"]


class Notes(NamedTuple):
    """What is noted of drawn symbols. These notes are records, not musical notes.

    Attributes:
        tokens: ids of the symbols, int32.
        log_probs: log-probability of each symbol under the model, nats, float32.
        strategy_log_probs: log-probability of each symbol in the distribution that it
            was drawn from, nats, float32.
        trace: numbers about each symbol and its distributions; None unless `Plan.trace`
            is True.
    """

    tokens: Int[Array, "*b n"]
    log_probs: Float[Array, "*b n"]
    strategy_log_probs: Float[Array, "*b n"]
    trace: Trace | None


def begin_and_draw(
    model: Model,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    numbers: Int[Array, "b"],
    streams: Int[Array, ""],
    sampler: Sampler,
    plan: Plan,
) -> tuple[Stream, Notes]:
    """Start a stream from each prompt, and draw its first symbols.

    Args:
        model: the model.
        prompts: symbol ids, one row for each stream that this call draws.
        key: the key of the batch.
        numbers: the number of each of these streams within the whole batch.
        streams: the number of streams in the whole batch. This call may draw a part of
            them, because each device draws its share.
        sampler: strategy, context and draw.
        plan: the arguments that are fixed when the program is compiled.

    Returns:
        The streams after their last symbol, and `plan.length` drawn symbols of each,
        with their log-probabilities. The prompts are not among them.
    """

    def draw_one(prompt, number):
        stream = begin(model, sampler, key, prompt, number, streams)
        return _draw(model, sampler, plan, key, stream)

    return map_in_parts(draw_one, plan.parallel_streams, prompts, numbers)


def draw_more(
    model: Model, streams: Stream, key: PRNGKey, sampler: Sampler, plan: Plan
) -> tuple[Stream, Notes]:
    """Draw `plan.length` more symbols of each stream.

    `key` must be the key that the streams began with.

    Returns:
        The streams after the last symbol, and `plan.length` more symbols of each.
    """

    def draw_one(stream):
        return _draw(model, sampler, plan, key, stream)

    return map_in_parts(draw_one, plan.parallel_streams, streams)


def begin(
    model: Model,
    sampler: Sampler,
    key: PRNGKey,
    prompt: Int[Array, "p"],
    number: Int[Array, ""],
    streams: Int[Array, ""],
) -> Stream:
    """Return stream number `number` of a batch, ready to draw its first symbol.

    The batch has `streams` streams. The strategy has observed the whole prompt. The
    model has read the prompt without its last symbol.
    """
    prompt = prompt.astype(jnp.int32)
    token = prompt[-1]
    memory = sampler.context.prefill(model, prompt[:-1])
    # No stream has the largest number, so that number gives the key that all share.
    shared_key = jax.random.fold_in(key, jnp.uint32(2**32 - 1))
    return Stream(
        number=number,
        position=jnp.int32(prompt.shape[0]),
        token=token,
        memory=memory,
        strategy_state=observe_all(sampler.strategy, prompt, vocab_size(model)),
        draw_state=sampler.draw.init(shared_key, number, streams),
        fallbacks=jnp.int32(0),
        undefined=jnp.bool_(False),
    )


def stream_keys(key: PRNGKey, number: Int[Array, ""]) -> Key[Array, "2"]:
    """Return the keys of a stream: one for the strategy, and one for the draw."""
    return jax.random.split(jax.random.fold_in(key, number))


class Reading(NamedTuple):
    """What a stream has after its last symbol is read and the next one is picked.

    Attributes:
        memory: the memory of the model after it read the last symbol.
        strategy_state: the state of the strategy after it shaped the next distribution.
        log_probs: log-probabilities of the next symbol under the model, nats.
        strategy_log_probs: log-probabilities of the next symbol in the shaped
            distribution, nats.
        shaped: what the strategy made of the logits, and whether it was ignored.
        drawn: the id of the next symbol, which the draw picked.
        draw_state: the state of the draw after this pick.
    """

    memory: PyTree
    strategy_state: PyTree
    log_probs: Logits
    strategy_log_probs: Logits
    shaped: Shaped
    drawn: Token
    draw_state: PyTree


def read(
    model: Model, sampler: Sampler, keys: Key[Array, "2"], stream: Stream
) -> Reading:
    """Read the last symbol of a stream, shape the next distribution, and draw from it.

    Args:
        model: the model.
        sampler: strategy, context and draw.
        keys: the keys of the stream; see `stream_keys`.
        stream: the stream.
    """
    strategy_key = jax.random.fold_in(keys[0], stream.position)
    draw_key = jax.random.fold_in(keys[1], stream.position)
    memory, logits = sampler.context.step(model, stream.memory, stream.token)
    logits = logits.astype(jnp.float32)
    shaped, state = apply_in_stages(
        sampler.strategy, logits, stream.strategy_state, strategy_key
    )
    drawn, draw_state = sampler.draw.draw(shaped.logits, stream.draw_state, draw_key)
    return Reading(
        memory,
        state,
        jax.nn.log_softmax(logits),
        jax.nn.log_softmax(shaped.logits),
        shaped,
        drawn,
        draw_state,
    )


def add_symbol(
    sampler: Sampler, trace: bool, stream: Stream, reading: Reading, token: Token
) -> tuple[Stream, Notes]:
    """Add a symbol to a stream; return the stream and a record of the symbol.

    Args:
        sampler: strategy, context and draw.
        trace: whether the record holds the `Trace` of the symbol.
        stream: the stream before the symbol.
        reading: what the stream has after its last symbol was read.
        token: the id of the added symbol.
    """
    note = Notes(
        token,
        reading.log_probs[token],
        reading.strategy_log_probs[token],
        trace_note(reading.log_probs, reading.strategy_log_probs, reading.shaped, token)
        if trace
        else None,
    )
    stream = Stream(
        number=stream.number,
        position=stream.position + 1,
        token=token,
        memory=reading.memory,
        strategy_state=sampler.strategy.observe(token, reading.strategy_state),
        draw_state=reading.draw_state,
        fallbacks=stream.fallbacks + reading.shaped.empty.astype(jnp.int32),
        undefined=stream.undefined,
    )
    return stream, note


def unless_ended(
    stop: Token | int, stream: Stream, added: tuple[Stream, Notes]
) -> tuple[Stream, Notes]:
    """Return `added`, the result of `add_symbol`, unless the stream has ended.

    A stream has ended if its last symbol is `stop`. Its state then stays as it is, and
    the symbol after it is `stop` again. A symbol after the end has probability 1, and
    all numbers of its `Trace` are 0.
    """
    note = jax.tree.map(jnp.zeros_like, added[1])._replace(tokens=stream.token)
    # Both results are computed, because a GPU waits for the host at every branch.
    ended = stream.token == stop
    return jax.tree.map(partial(jnp.where, ended), (stream, note), added)


def _draw(model, sampler, plan, key, stream):
    keys = stream_keys(key, stream.number)
    draw_note = partial(_draw_note, model, sampler, plan.trace, keys)
    stream, notes = jax.lax.scan(draw_note, stream, length=plan.length)
    # One sum finds any NaN, and needs no array of the size of the symbols.
    undefined = jnp.isnan(jnp.sum(notes.strategy_log_probs))
    return stream._replace(undefined=stream.undefined | undefined), notes


def _draw_note(model, sampler, trace, keys, stream, _):
    reading = read(model, sampler, keys, stream)
    added = add_symbol(sampler, trace, stream, reading, reading.drawn)
    if sampler.stop is None:
        return added
    return unless_ended(sampler.stop, stream, added)
