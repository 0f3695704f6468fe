"""Sweeps: generate with many settings of one strategy in one compiled program.

A setting is one value for each hyperparameter of the strategy. The settings are stacked
along a new first axis. Tables are large leaves that all settings share.
"""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.arguments import require_sampler
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.generation.engine import Sampler
from lstm_music_jax.generation.generate import CARRIED, GUMBEL
from lstm_music_jax.generation.program import Generation, Streams, run
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.pytrees import hyperparameters, map_settings, same_tables
from lstm_music_jax.strategies.base import Strategy, parts
from lstm_music_jax.types import Array, Int, PRNGKey


def sweep(
    model: Model,
    prompts: Int[Array, "b p"] | Streams,
    key: PRNGKey | None,
    strategies: Strategy,
    *,
    length: int,
    stop: int | None = None,
    context: Context = CARRIED,
    draw: Draw = GUMBEL,
    decoder: Decoder | None = None,
    trace: bool = False,
    parallel_streams: int | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> Generation:
    """Generate with each of several settings of a strategy; results are `[s b n]`.

    All settings get the same noise, so entry i of a result has the symbols that
    `generate` gives with setting i, unless rounding decides between two symbols. In
    float32, their log-probabilities agree to about 1e-5, but not bit for bit. New
    values do not recompile if their shapes stay the same. A sweep is continued like a
    generation, with its `streams` as prompts and None as key. With a decoder, results
    are `[s b m n]`.

    Args:
        model: the model to sample from.
        prompts: symbol ids, one row per stream, or the `streams` of an earlier sweep.
            All settings continue the same prompts.
        key: random key, the same for all settings; None with `streams`.
        strategies: one strategy whose hyperparameters all have a leading axis s, one
            entry per setting; see `stack` and `grid`.
        length: number of symbols to draw per stream, 1 or more.
        stop: id of the symbol with which a stream ends; by default no stream ends.
        context: which of the symbols so far the model remembers, as in `generate`.
        draw: how a symbol is drawn, as in `generate`.
        decoder: how streams that continue one prompt compete, as in `generate`.
        trace: whether to return numbers about each drawn symbol and its distributions,
            such as its surprisal; see `Trace`.
        parallel_streams: the largest number of streams that a device draws at once for
            each setting, as in `generate`.
        devices: the devices to draw on, as in `generate`. Each device draws its streams
            with all settings.

    Raises:
        ValueError: the leaves do not share a leading axis. And wherever `generate`
            raises it.
        RuntimeError: the logits became NaN.
    """
    require_sampler(strategies, context, draw)
    begun = prompts.state.number.shape[0] if isinstance(prompts, Streams) else None
    require_stacked(strategies, begun)
    return run(
        model,
        prompts,
        key,
        Sampler(strategies, context, draw, stop, decoder),
        length=length,
        trace=trace,
        parallel_streams=parallel_streams,
        devices=devices,
        settings=True,
    )


def require_stacked(strategies: Strategy, begun: int | None = None) -> None:
    """Raise ValueError unless all hyperparameters have the same leading axis.

    The axis has one entry per setting.

    Args:
        strategies: the strategy whose hyperparameters are stacked.
        begun: the number of settings with which the streams to continue were begun;
            None if prompts are continued.
    """
    for part in parts(strategies):
        for field in dataclasses.fields(part):  # type: ignore[arg-type]
            shape = np.shape(getattr(part, field.name))
            if "rank" in field.metadata and len(shape) != field.metadata["rank"] + 1:
                raise ValueError(
                    f"{field.name} of {type(part).__name__} has shape {shape}; in a "
                    "sweep it must have a leading axis of settings, which `stack` adds"
                )
    sizes = {np.shape(leaf)[:1] for leaf in hyperparameters(strategies)}
    if begun is not None:
        sizes.add((begun,))
    if len(sizes) != 1 or () in sizes:
        raise ValueError(
            f"strategies has leaves with leading axes {sorted(sizes)}; all leaves but "
            "tables, and streams to continue, must have the same leading axis, the "
            "settings"
        )


def stack(strategies: Sequence[Strategy]) -> Strategy:
    """Stack strategies into one for `sweep`: hyperparameters have a leading axis s.

    Tables, such as the automaton of `Obey`, are not stacked, and must be equal.

    Raises:
        ValueError: `strategies` is empty, or the strategies differ in more than the
            values of their hyperparameters.
    """
    if not strategies:
        raise ValueError("strategies is empty; a sweep takes one setting or more")
    structures = {jax.tree.structure(strategy) for strategy in strategies}
    if len(structures) != 1:
        raise ValueError(
            "strategies differ in more than their hyperparameters; they must have the "
            "same types and sizes, so use one sweep for each size"
        )
    if not all(same_tables(strategies[0], strategy) for strategy in strategies[1:]):
        raise ValueError(
            "strategies differ in their tables, which all settings of a sweep share; "
            "use one sweep for each table"
        )
    return map_settings(lambda *leaves: jnp.stack(leaves), *strategies)


def grid(
    make: Callable[..., Strategy], **values: Sequence[Any]
) -> tuple[list[dict[str, Any]], Strategy]:
    """Make a strategy of each combination of `values`, and stack them for `sweep`.

    Returns:
        The combinations, as keyword arguments of `make`, and the stacked strategies in
        the same order.

    >>> from lstm_music_jax.strategies import Chain, Temperature, TopP
    >>> settings, strategies = grid(
    ...     lambda t, p: Chain(Temperature(t), TopP(p)), t=[0.8, 1.0], p=[0.9, 0.95]
    ... )
    >>> settings[1]
    {'t': 0.8, 'p': 0.95}
    """
    settings = [
        dict(zip(values, combination, strict=True))
        for combination in itertools.product(*values.values())
    ]
    return settings, stack([make(**setting) for setting in settings])
