"""The engine of populations: draws the symbols of streams that compete.

It is written for one population, whose members continue one prompt; `vmap` turns it
into many. Member i of population g has the number g m + i and the noise of the stream
with this number. So populations of one member draw what single streams draw, if the
decoder keeps the drawn symbols, as `Independent` does. The noise belongs to the place
of a member: two members that continue the same ancestor get different noise.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.generation.arguments import vocab_size
from lstm_music_jax.generation.decoders.base import Candidates, Choice, Prompt
from lstm_music_jax.generation.engine import (
    Notes,
    Plan,
    Reading,
    Sampler,
    Stream,
    add_symbol,
    begin,
    read,
    stream_keys,
    unless_ended,
)
from lstm_music_jax.protocols import Model
from lstm_music_jax.types import Array, Bool, Float, Int, PRNGKey, PyTree
from lstm_music_jax.xla.batching import map_in_parts


class Population(NamedTuple):
    """The state of a population between two symbols.

    Attributes:
        number: number of the population within its batch; it fixes the noise.
        position: number of symbols so far, including those of the prompt.
        members: the streams.
        log_weights: log-weights that the decoder gave the members.
        total_log_prob: log-probability under the model of all drawn symbols, nats.
        total_strategy_log_prob: the same in the distributions drawn from.
        length: number of drawn symbols of each member, with the stop symbol.
        decoder_state: the state of the decoder.
    """

    number: Int[Array, "*b"]
    position: Int[Array, "*b"]
    members: Stream
    log_weights: Float[Array, "*b m"]
    total_log_prob: Float[Array, "*b m"]
    total_strategy_log_prob: Float[Array, "*b m"]
    length: Int[Array, "*b m"]
    decoder_state: PyTree

    @property
    def fallbacks(self) -> Int[Array, "*b m"]:
        """The number of symbols of each member for which the strategy was ignored."""
        return self.members.fallbacks

    @property
    def undefined(self) -> Bool[Array, "*b m"]:
        """Whether any logits of the population were NaN; all members are marked."""
        return self.members.undefined

    @property
    def memory(self) -> PyTree:
        """What the model keeps of the symbols so far, for each member."""
        return self.members.memory

    @property
    def strategy_state(self) -> PyTree:
        """The states of the strategies of the members."""
        return self.members.strategy_state

    @property
    def draw_state(self) -> PyTree:
        """The states of the draws of the members."""
        return self.members.draw_state


class History(NamedTuple):
    """What the decoder chose at each symbol, in the order in which it chose.

    Member i after symbol t continues member `ancestors[t, i]` before it. Unlike the
    results of a population, the history also has the members that died out.

    Attributes:
        ancestors: the ancestor of each member.
        tokens: the symbol that was added to each member.
        log_weights: the log-weight of each member.
    """

    ancestors: Int[Array, "*b n m"]
    tokens: Int[Array, "*b n m"]
    log_weights: Float[Array, "*b n m"]


class Members(NamedTuple):
    """The members of populations after their last symbol.

    Attributes:
        log_weights: log-weights that the decoder gave them.
        origins: the number of the member that each of them was before the first symbol
            of this generation. It joins a generation to the one that it continues.
        picked: the number of the member that stands for the population.
        history: what the decoder chose at each symbol; None unless a trace was
            requested.
    """

    log_weights: Float[Array, "*b m"]
    origins: Int[Array, "*b m"]
    picked: Int[Array, "*b"]
    history: History | None


def begin_and_decode(
    model: Model,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    numbers: Int[Array, "b"],
    populations: Int[Array, ""],
    sampler: Sampler,
    plan: Plan,
) -> tuple[Population, Notes, Members]:
    """Start a population from each prompt, and draw its first symbols.

    The arguments are those of `engine.begin_and_draw`, for populations instead of
    streams.
    """

    def decode_one(prompt, number):
        population = begin_population(model, sampler, key, prompt, number, populations)
        return _decode(model, sampler, plan, key, population)

    return map_in_parts(decode_one, _parts(plan, sampler), prompts, numbers)


def decode_more(
    model: Model, populations: Population, key: PRNGKey, sampler: Sampler, plan: Plan
) -> tuple[Population, Notes, Members]:
    """Draw `plan.length` more symbols of each population, begun with the same key."""

    def decode_one(population):
        return _decode(model, sampler, plan, key, population)

    return map_in_parts(decode_one, _parts(plan, sampler), populations)


def begin_population(
    model: Model,
    sampler: Sampler,
    key: PRNGKey,
    prompt: Int[Array, "p"],
    number: Int[Array, ""],
    populations: Int[Array, ""],
) -> Population:
    """Return population number `number` of a batch, ready to draw its first symbol."""
    decoder = sampler.decoder
    assert decoder is not None, "single streams are begun by `engine.begin`"
    count = decoder.members
    numbers = number * count + jnp.arange(count, dtype=jnp.int32)
    # The prompt is read once, because nothing but the draw depends on the number.
    members = jax.vmap(
        lambda number: begin(model, sampler, key, prompt, number, populations * count)
    )(numbers)
    zeros = jnp.zeros(count, jnp.float32)
    decoder_key = _decoder_key(key, number)
    return Population(
        number=number,
        position=jnp.int32(prompt.shape[0]),
        members=members,
        log_weights=decoder.first_log_weights(jax.random.fold_in(decoder_key, 1)),
        total_log_prob=zeros,
        total_strategy_log_prob=zeros,
        length=jnp.zeros(count, jnp.int32),
        decoder_state=decoder.init(
            vocab_size(model),
            Prompt(
                prompt.astype(jnp.int32),
                _hidden_of_prompt(model, sampler.context, prompt)
                if decoder.needs_hidden
                else None,
            ),
            jax.random.fold_in(decoder_key, 0),
        ),
    )


def _hidden_of_prompt(model, context, prompt):
    """Return the hidden states after all symbols of a prompt but the last one."""

    def read_symbol(memory, token):
        memory, _ = context.step(model, memory, token)
        return memory, _hidden(model, context, memory)

    memory = context.prefill(model, prompt[:0])
    return jax.lax.scan(read_symbol, memory, prompt[:-1])[1]


def _hidden(model, context, memory):
    return model.hidden(context.model_state(memory))


def _parts(plan, sampler):
    """Return how many populations a device decodes at the same time."""
    return max(1, plan.parallel_streams // sampler.decoder.members)


def _decoder_key(key, number):
    # No stream has this number, so no stream has this key. The number after it gives
    # the key with which strategies are tuned (evaluation/comparison/drawing.py).
    return jax.random.fold_in(jax.random.fold_in(key, jnp.uint32(2**32 - 3)), number)


def _decode(model, sampler, plan, key, population):
    keys = jax.vmap(partial(stream_keys, key))(population.members.number)
    decoder_key = _decoder_key(key, population.number)
    choose = partial(_choose_symbols, model, sampler, plan.trace, keys, decoder_key)
    population, (notes, history) = jax.lax.scan(choose, population, length=plan.length)
    origins, notes = _trace_back(history.ancestors, notes)
    # The keys of symbols are made with even numbers, so this key is another one.
    pick_key = jax.random.fold_in(decoder_key, 2 * population.position + 1)
    picked = sampler.decoder.pick(population.log_weights, pick_key)
    return (
        population,
        notes,
        Members(
            population.log_weights, origins, picked, history if plan.trace else None
        ),
    )


def _choose_symbols(model, sampler, trace, keys, decoder_key, population, _):
    """Add one symbol to each member."""
    members = population.members
    reading = jax.vmap(partial(read, model, sampler))(keys, members)
    if sampler.stop is not None:
        ended = members.token == sampler.stop
        reading = _only_stop(sampler.stop, ended, reading)
    else:
        ended = jnp.zeros(members.token.shape, bool)
    # All members are marked, because a decoder may drop the one whose logits are NaN.
    total = jnp.sum(reading.strategy_log_probs, keepdims=True)[0]
    candidates = Candidates(
        reading.log_probs,
        reading.strategy_log_probs,
        reading.drawn,
        population.log_weights,
        population.total_log_prob,
        population.total_strategy_log_prob,
        population.length,
        ended,
        jax.vmap(partial(_hidden, model, sampler.context))(reading.memory)
        if sampler.decoder.needs_hidden
        else None,
    )
    symbol_key = jax.random.fold_in(decoder_key, 2 * population.position)
    choice, decoder_state = sampler.decoder.choose(
        candidates, population.decoder_state, symbol_key
    )
    members = members._replace(undefined=members.undefined | jnp.isnan(total))
    members, notes = _follow(sampler, trace, members, reading, choice)
    ancestors = choice.ancestors
    population = Population(
        number=population.number,
        position=population.position + 1,
        members=members,
        log_weights=choice.log_weights,
        total_log_prob=population.total_log_prob[ancestors] + notes.log_probs,
        total_strategy_log_prob=population.total_strategy_log_prob[ancestors]
        + notes.strategy_log_probs,
        length=population.length[ancestors] + (~ended[ancestors]).astype(jnp.int32),
        decoder_state=decoder_state,
    )
    return population, (
        notes,
        History(ancestors, choice.tokens, choice.log_weights),
    )


def _only_stop(stop, ended, reading):
    """Let members that have ended repeat the stop symbol, with probability 1."""
    certain = jnp.where(jnp.arange(reading.log_probs.shape[1]) == stop, 0.0, -jnp.inf)
    rows = ended[:, None]
    return reading._replace(
        log_probs=jnp.where(rows, certain[None], reading.log_probs),
        strategy_log_probs=jnp.where(rows, certain[None], reading.strategy_log_probs),
        drawn=jnp.where(ended, stop, reading.drawn),
    )


def _follow(
    sampler: Sampler, trace: bool, members: Stream, reading: Reading, choice: Choice
) -> tuple[Stream, Notes]:
    """Add the chosen symbols to the streams that they continue.

    Returns:
        The new members: each is its ancestor and one more symbol, or its ancestor
        unchanged if that has ended. It keeps the noise of its own place. And what is
        noted of the added symbols, one per member, with their traces if `trace`.
    """
    numbers = members.number

    def follow(number, ancestor, token):
        stream, read = jax.tree.map(lambda leaf: leaf[ancestor], (members, reading))
        added = add_symbol(sampler, trace, stream, read, token)
        if sampler.stop is not None:
            added = unless_ended(sampler.stop, stream, added)
        stream, note = added
        return stream._replace(number=number), note

    return jax.vmap(follow)(numbers, choice.ancestors, choice.tokens)


def _trace_back(ancestors, notes):
    """Return the origins of the last members, and the symbols on their way.

    Args:
        ancestors: the ancestor of each member at each symbol, `[n m]`.
        notes: the symbols that were added to each member at each symbol.
    """

    def back(rows, symbol):
        ancestors, notes = jax.tree.map(lambda leaf: leaf[rows], symbol)
        return ancestors, notes

    everyone = jnp.arange(ancestors.shape[1], dtype=jnp.int32)
    origins, notes = jax.lax.scan(back, everyone, (ancestors, notes), reverse=True)
    return origins, jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, 1), notes)
