"""Checks of the arguments of `generate` and `sweep`; an error message is a sentence.

A stream is a sequence that is generated. Where a function has an argument `name`, it is
the name of the checked argument, for the error. In a sweep, hyperparameters are stacked
along a leading axis, with one entry per setting.
"""

import dataclasses
from collections.abc import Sequence
from functools import cache
from operator import index
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.protocols import Context, HiddenModel, Model
from lstm_music_jax.strategies.base import Strategy, parts, strategies_of
from lstm_music_jax.strategies.promise import Promise
from lstm_music_jax.types import Array, Int

# Numbers of streams are int32.
_MOST_STREAMS = 2**31 - 1


class BatchPart(NamedTuple):
    """Some streams of a batch, which are drawn without the other streams.

    The number of a stream fixes its noise, so each stream gets the symbols that it has
    in the whole batch. Rounding depends on how many streams are drawn together. So in
    rare cases a symbol differs.

    Attributes:
        numbers: the number of each drawn stream within the batch, from 0.
        size: the number of streams in the whole batch.
    """

    numbers: Sequence[int]
    size: int


def is_traced(tree: Any) -> bool:
    """Return whether any leaf of a PyTree is a JAX tracer, which has no value yet."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(tree))


def whole_number(name: str, value: Any) -> int:
    """Return `value`, which must be a whole number of 1 or more, as an int.

    Raises:
        ValueError: `value` is not a whole number of 1 or more.
    """
    try:
        number = index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}; it must be a whole number, 1 or more")
    return number


def symbol_id(name: str, value: Any, model: Model) -> int:
    """Return `value`, which must be the id of a symbol of the model, as an int.

    Raises:
        ValueError: `value` is not an id that the model knows.
    """
    size = vocab_size(model)
    try:
        number = index(value)
    except TypeError:
        number = -1
    if not 0 <= number < size or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}; it must be an id from 0 to {size - 1}")
    return number


def vocab_size(model: Model, settings: bool = False) -> int:
    """Return the number of symbols in the vocabulary of a model.

    With `settings`, every leaf of the model has a leading axis, with one entry per
    setting of a sweep.
    """
    leaves, structure = jax.tree.flatten(model)
    return _vocab_size(structure, tuple(map(jax.typeof, leaves)), 1 if settings else 0)


@cache
def _vocab_size(structure, leaves, axes):
    # The result is cached, because tracing the model takes a millisecond.
    shapes = [jax.ShapeDtypeStruct(leaf.shape[axes:], leaf.dtype) for leaf in leaves]
    model = jax.tree.unflatten(structure, shapes)
    logits = jax.eval_shape(lambda model: model.readout(model.initial_state()), model)
    return logits.shape[-1]


def require_model(name: str, value: Any) -> None:
    """Raise ValueError unless `value` is a model."""
    if isinstance(value, type):
        given = f"the class {value.__name__}"
    elif not isinstance(value, Model):
        given = f"a {type(value).__name__}"
    else:
        return
    raise ValueError(
        f"{name} is {given}; it must be a model, such as load_run(folder).model"
    )


def require_prompts(model: Model, prompts: Any) -> None:
    """Raise ValueError unless `prompts` is an array `[b p]` of symbol ids of the model.

    Neither axis may be empty. The ids of a traced array are not checked.
    """
    if not isinstance(prompts, jax.Array | np.ndarray):
        raise ValueError(
            f"prompts is a {type(prompts).__name__}; it must be an array of ids, one "
            "row per stream, or the streams of an earlier generation"
        )
    if not jnp.issubdtype(prompts.dtype, jnp.integer):
        raise ValueError(f"prompts has dtype {prompts.dtype}; ids must be integers")
    if prompts.ndim != 2 or 0 in prompts.shape:
        raise ValueError(
            f"prompts has shape {prompts.shape}; it must be [streams, symbols], with "
            "one or more of each"
        )
    if is_traced(prompts):
        return
    size = vocab_size(model)
    ids = np.asarray(prompts)
    wrong = ids[(ids < 0) | (ids >= size)]
    if wrong.size:
        raise ValueError(
            f"prompts holds the id {wrong[0]}; ids must be from 0 to {size - 1}"
        )


def require_part(part: Any, rows: int) -> None:
    """Raise ValueError unless `part` is a valid `BatchPart` for `rows` streams.

    A `BatchPart` says which streams of a larger batch are drawn. It must have one
    number per stream, from 0 to the size of the batch minus 1.
    """
    if not isinstance(part, BatchPart):
        raise ValueError(
            f"part is {part!r}; it must be a part of a batch, such as "
            "BatchPart((57,), 1000)"
        )
    size = whole_number("size of part", part.size)
    if size > _MOST_STREAMS:
        raise ValueError(f"size of part is {size}; it must be at most {_MOST_STREAMS}")
    if not isinstance(part.numbers, Sequence | np.ndarray):
        raise ValueError(
            f"part has the numbers {part.numbers!r}; they must be a sequence, such as "
            "(57,)"
        )
    if len(part.numbers) != rows:
        raise ValueError(
            f"part has {len(part.numbers)} numbers; it must have one per prompt, {rows}"
        )
    for number in part.numbers:
        try:
            fits = 0 <= index(number) < size
        except TypeError:
            fits = False
        if not fits or isinstance(number, bool):
            raise ValueError(
                f"part holds the number {number!r}; it must be from 0 to {size - 1}"
            )


def require_key(key: Any) -> None:
    """Raise ValueError unless `key` is one typed JAX key."""
    if not isinstance(key, jax.Array):
        given = repr(key)
    elif not jnp.issubdtype(key.dtype, jax.dtypes.prng_key) or key.shape:
        given = f"an array of {key.dtype} and shape {key.shape}"
    else:
        return
    raise ValueError(f"key is {given}; it must be one key, such as jax.random.key(0)")


def require_sampler(strategy: Any, context: Any, draw: Any) -> None:
    """Raise ValueError unless these are a `Strategy`, a `Context` and a `Draw`."""
    for name, value, kind, example in (
        ("strategy", strategy, Strategy, "Temperature(0.9)"),
        ("context", context, Context, "SlidingWindow(100)"),
        ("draw", draw, Draw, "Gumbel()"),
    ):
        if isinstance(value, type) or not isinstance(value, kind):
            raise ValueError(
                f"{name} is {value!r}; it must be a {name}, such as {example}"
            )


def require_fit(
    strategy: Strategy,
    model: Model,
    prompts: Int[Array, "b p"] | None,
    settings: bool = False,
) -> None:
    """Raise ValueError if the strategy does not fit the model or the prompts.

    It does not fit if it holds symbol ids that the model does not know, or anything
    with a vocabulary of another size, such as a second model, or if it is a promise
    that cannot be kept after a prompt.

    Args:
        strategy: the strategy.
        model: the model.
        prompts: the prompts; None if streams are continued.
        settings: whether every hyperparameter of the strategy has a leading axis, with
            one entry per setting of a sweep.
    """
    size = vocab_size(model)
    for part in parts(strategy):
        part.check_vocabulary(size)
        known = prompts is not None and not is_traced((part, prompts))
        if known and isinstance(part, Promise):
            part.check_prompts(jnp.asarray(prompts))
        for field in dataclasses.fields(part):  # type: ignore[arg-type]
            if field.type is Model:
                _require_same_vocabulary(part, field.name, size, settings)


def require_decoder(
    decoder: Any,
    model: Model,
    draw: Draw,
    prompts: Int[Array, "b p"] | None,
    populations: int | None,
) -> None:
    """Raise ValueError unless `decoder` is None, or a decoder that fits the others.

    Args:
        decoder: the argument.
        model: the model.
        draw: the draw.
        prompts: the prompts; None if populations are continued.
        populations: the number of populations in the whole batch; None if they were
            begun earlier.
    """
    if decoder is None:
        return
    if isinstance(decoder, type) or not isinstance(decoder, Decoder):
        raise ValueError(
            f"decoder is {decoder!r}; it must be a decoder, such as BeamSearch(8), or "
            "None"
        )
    most = _MOST_STREAMS // decoder.members
    if populations is not None and populations > most:
        raise ValueError(
            f"size of part is {populations}; with {decoder.members} members it must be "
            f"at most {most}"
        )
    decoder.check_vocabulary(vocab_size(model))
    for strategy in strategies_of(decoder):
        require_fit(strategy, model, prompts)
    if decoder.needs_hidden and not isinstance(model, HiddenModel):
        raise ValueError(
            f"model is a {type(model).__name__}; with {type(decoder).__name__} it must "
            "be one with the method `hidden`, such as MusicLSTM"
        )
    if decoder.copies_draw and jax.tree.leaves(_draw_state(draw)):
        raise ValueError(
            f"draw is {draw!r}; with {type(decoder).__name__} it must be one without "
            "a state, such as Gumbel(), because copies of a member draw independently"
        )


def _draw_state(draw):
    zero = jnp.int32(0)
    return jax.eval_shape(lambda: draw.init(jax.random.key(0), zero, zero))


def _require_same_vocabulary(strategy, field, size, settings):
    """Raise ValueError unless a model in a strategy has a vocabulary of `size` symbols.

    `field` is the field of the strategy that holds the model.
    """
    name, other = f"{field} of {type(strategy).__name__}", getattr(strategy, field)
    require_model(name, other)
    other_size = vocab_size(other, settings)
    if other_size != size:
        raise ValueError(
            f"{name} has a vocabulary of {other_size} symbols; it must be that of the "
            f"model that generates, which has {size}"
        )


def require_devices(devices: Sequence[jax.Device] | None) -> None:
    """Raise ValueError if `devices` is empty."""
    if devices is not None and not len(devices):
        raise ValueError("devices is empty; name one device or more")
