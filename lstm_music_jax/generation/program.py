"""The compiled program that draws symbols on devices, for `generate` and `sweep`.

A stream is a sequence that is generated. A sampler holds all that chooses the symbols,
such as the strategy and the draw.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.devices import spread
from lstm_music_jax.generation.arguments import (
    BatchPart,
    is_traced,
    require_decoder,
    require_devices,
    require_fit,
    require_key,
    require_model,
    require_part,
    require_prompts,
    require_sampler,
    symbol_id,
    whole_number,
)
from lstm_music_jax.generation.engine import (
    Plan,
    Sampler,
    Stream,
    begin,
    begin_and_draw,
    draw_more,
)
from lstm_music_jax.generation.population import (
    Members,
    Population,
    begin_and_decode,
    begin_population,
    decode_more,
)
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.protocols import Model
from lstm_music_jax.pytrees import map_settings, settings_axes
from lstm_music_jax.types import Array, Float, Int, PRNGKey
from lstm_music_jax.xla.batching import default_parallel_streams


class Streams(NamedTuple):
    """The states of all streams of a batch, which `generate` can continue.

    Attributes:
        key: the random key that the streams began with.
        state: the state of each stream or population, `[b ...]`, or `[s b ...]` in a
            sweep.
    """

    key: PRNGKey
    state: Stream | Population


class _Prompts(NamedTuple):
    """The prompts of the streams, or populations of streams, that are to be drawn.

    Attributes:
        ids: symbol ids, one row per prompt.
        numbers: the index of each stream or population within its batch, which fixes
            its noise.
        total: how many streams or populations the batch has; some of them may not be
            drawn.
    """

    ids: Int[Array, "b p"]
    numbers: Int[Array, "b"]
    total: Int[Array, ""]


class Generation(NamedTuple):
    """The drawn symbols, without the prompt, and their log-probabilities.

    Arrays with a value per symbol are `[b n]`, for b prompts and n drawn symbols. With
    a decoder they are `[b m n]`, for m members per population. In a sweep, a first axis
    s of settings comes before b.

    Attributes:
        tokens: ids of the symbols, int32.
        log_probs: log-probability of each symbol under the model, nats, float32.
        strategy_log_probs: log-probability of each symbol in the distribution that it
            was drawn from, nats, float32.
        trace: numbers about each symbol and its distributions, such as its surprisal;
            None unless requested.
        lengths: number of drawn symbols per stream before the stop symbol, int32; None
            unless a stop symbol was given. The axes are those of `tokens` without n.
        streams: the states of the streams. Passed as prompts to `generate`, or to
            `sweep` if that made them, they are continued.
        members: weights and origins of the members of populations, which of them was
            picked, and what the decoder chose; None without a decoder.
    """

    tokens: Int[Array, "*b n"]
    log_probs: Float[Array, "*b n"]
    strategy_log_probs: Float[Array, "*b n"]
    trace: Trace | None
    lengths: Int[Array, "*b"] | None
    streams: Streams
    members: Members | None = None

    @property
    def fallbacks(self) -> Int[Array, "*b"]:
        """For each stream, the number of positions at which the strategy was ignored.

        Positions count from the start of the stream, also those of the generations that
        this one continues. A strategy is ignored at a position if it forbids the whole
        vocabulary there. A chain counts once per position if any of its stages is
        ignored: the stage forbids every symbol that is left, or a later promise
        overrules it.
        """
        return self.streams.state.fallbacks


def run(
    model: Model,
    prompts: Int[Array, "b p"] | Streams,
    key: PRNGKey | None,
    sampler: Sampler,
    *,
    length: int,
    trace: bool,
    parallel_streams: int | None,
    devices: Sequence[jax.Device] | None,
    part: BatchPart | None = None,
    settings: bool = False,
) -> Generation:
    """Draw `length` symbols of every stream, on the given devices.

    With `settings`, every hyperparameter of the strategy and every result has a leading
    axis s, with one entry per setting of a sweep. The other arguments are those of
    `generate`.
    """
    axis = 1 if settings else 0
    require_model("model", model)
    source, key = _source(model, prompts, key, part)
    begun = not isinstance(source, _Prompts)
    numbers = source.number if begun else source.numbers
    count = numbers.shape[-1]
    length = whole_number("length", length)
    require_sampler(sampler.strategy, sampler.context, sampler.draw)
    new = None if begun else source.ids
    require_fit(sampler.strategy, model, new, settings)
    populations = None if begun else int(source.total)
    require_decoder(sampler.decoder, model, sampler.draw, new, populations)
    if sampler.stop is not None:
        stop = symbol_id("stop", sampler.stop, model)
        sampler = sampler._replace(stop=jnp.int32(stop))
    require_devices(devices)
    if begun:
        _require_same_states(model, source, sampler, settings)
    traced = is_traced((model, source, key, sampler))
    devices = _devices_for(count, devices, traced)
    if parallel_streams is None:
        members = 1 if sampler.decoder is None else sampler.decoder.members
        parallel_streams = default_parallel_streams(count * members, devices)
    parallel_streams = whole_number("parallel_streams", parallel_streams)
    plan = Plan(length, trace, parallel_streams)
    program = _program(plan, devices, begun, settings)
    drawn = program(model, source, key, sampler)
    if len(devices) > 1:
        drawn = jax.tree.map(
            lambda leaf: jax.lax.slice_in_dim(
                leaf.addressable_data(0), 0, count, axis=axis
            ),
            drawn,
        )
    state, notes, members, lengths = drawn
    if not traced:
        _require_defined(state)
    return Generation(
        notes.tokens,
        notes.log_probs,
        notes.strategy_log_probs,
        notes.trace,
        lengths,
        Streams(key, state),
        members,
    )


def _source(model, prompts, key, part):
    """Check the prompts, and return what is to be continued, with its random key.

    `prompts` may be an array of ids. Then the result is a `_Prompts`, and `key`. `part`
    numbers its rows; if it is None, they have the numbers 0, 1, 2 and so on.

    `prompts` may also be the `Streams` of an earlier generation. Then the result is
    their states and the key that they hold, and `key` and `part` must be None.
    """
    if isinstance(prompts, Streams):
        if part is not None:
            raise ValueError(
                "part is given; with streams it must be None, because they keep their "
                "numbers"
            )
        if key is not None:
            raise ValueError(
                "key is given; with streams it must be None, because they keep the key "
                "that they began with"
            )
        return prompts.state, prompts.key
    require_prompts(model, prompts)
    if key is None:
        raise ValueError("key is None; prompts need a key, such as jax.random.key(0)")
    require_key(key)
    count = len(prompts)
    if part is None:
        part = BatchPart(range(count), count)
    else:
        require_part(part, count)
    numbers = np.asarray(part.numbers, np.int32)
    return _Prompts(prompts, numbers, np.int32(part.size)), key


@cache
def _program(plan, devices, begun, settings):
    draw = _draw_more if begun else _begin_and_draw

    def draw_all(shard, model, prompts, key, sampler):
        def with_strategy(prompts, strategy):
            return draw(
                shard, model, prompts, key, sampler._replace(strategy=strategy), plan
            )

        if settings:
            axes = settings_axes(sampler.strategy)
            with_strategy = jax.vmap(with_strategy, (0 if begun else None, axes))
        state, notes, members = shard.gather(
            with_strategy(prompts, sampler.strategy), axis=1 if settings else 0
        )
        return state, notes, members, _lengths(notes.tokens, sampler.stop)

    return spread(draw_all, devices)


def _begin_and_draw(shard, model, prompts, key, sampler, plan):
    rows = shard.padded_rows(len(prompts.ids))
    ids, numbers = prompts.ids[rows], prompts.numbers[rows]
    if sampler.decoder is not None:
        return begin_and_decode(model, ids, key, numbers, prompts.total, sampler, plan)
    drawn = begin_and_draw(model, ids, key, numbers, prompts.total, sampler, plan)
    return *drawn, None


def _draw_more(shard, model, streams, key, sampler, plan):
    rows = shard.padded_rows(len(streams.number))
    streams = jax.tree.map(lambda leaf: leaf[rows], streams)
    if sampler.decoder is not None:
        return decode_more(model, streams, key, sampler, plan)
    return *draw_more(model, streams, key, sampler, plan), None


def _lengths(tokens, stop):
    """Return the number of symbols before `stop` in each stream.

    Return None if `stop` is None.
    """
    if stop is None:
        return None
    # After the first stop symbol there are only stop symbols.
    return jnp.sum(tokens != stop, axis=-1, dtype=jnp.int32)


def _devices_for(streams, devices, traced):
    """Return the devices to use, no more of them than the number of streams.

    `devices` is the user's choice; None means all devices. If they belong to several
    processes, all of them are used, because all processes must call the same program. A
    traced call, such as one within `jit`, becomes part of the caller's program, so it
    uses one device by default.
    """
    if traced and devices is None:
        return (jax.devices()[0],)
    devices = tuple(jax.devices() if devices is None else devices)
    if {device.process_index for device in devices} == {jax.process_index()}:
        return devices[:streams]
    return devices


def _require_defined(state):
    """Raise RuntimeError if any logits were NaN, because NaN gives no distribution.

    `state` is the state of the streams after their last symbol.
    """
    undefined = np.asarray(state.undefined)
    if undefined.any():
        place = np.argwhere(undefined)[0].tolist()
        # All members of a population are undefined if one is.
        is_population = isinstance(state, Population)
        name = f"population {place[-2]}" if is_population else f"stream {place[-1]}"
        raise RuntimeError(
            f"logits of {name} became NaN, which give no distribution; check the "
            "model's parameters and the strategy"
        )


def _require_same_states(model, streams, sampler, settings):
    """Raise ValueError unless the model and the sampler can continue the streams.

    They can if they would begin streams whose states have the same structure, shapes
    and dtypes.
    """
    one_symbol = jnp.zeros(1, jnp.int32)
    key, zero = jax.random.key(0), jnp.int32(0)

    def begin_one(sampler):
        begin_it = begin if sampler.decoder is None else begin_population
        return begin_it(model, sampler, key, one_symbol, zero, zero)

    def first(tree):
        return map_settings(lambda leaf: leaf[0], tree)

    if settings:
        sampler = sampler._replace(strategy=first(sampler.strategy))
        streams = first(streams)
    wanted = jax.eval_shape(begin_one, sampler)
    given = jax.eval_shape(first, streams)
    if _shapes(_weights(wanted)) != _shapes(_weights(given)):
        raise ValueError(
            "prompts has streams that belong to another decoder; continue them with "
            "the one that they began with"
        )
    for name in _OWNERS:
        if _shapes(getattr(wanted, name)) != _shapes(getattr(given, name)):
            raise ValueError(
                f"prompts has streams whose {name} belongs to another "
                f"{_OWNERS[name]}; continue them with the one that they began with"
            )


def _weights(state):
    """Return the log-weights and the decoder's state that a `Population` holds.

    Return None if `state` is a `Stream`, which has neither.
    """
    if isinstance(state, Stream):
        return None
    return state.log_weights, state.decoder_state


def _shapes(tree):
    shapes = jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree)
    return jax.tree.structure(tree), jax.tree.leaves(shapes)


_OWNERS = {
    "memory": "model or context",
    "strategy_state": "strategy",
    "draw_state": "draw",
}
