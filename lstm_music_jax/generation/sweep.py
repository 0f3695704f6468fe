"""Sweeps: many settings of one strategy, all streams, in one compiled program."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation import engine
from lstm_music_jax.generation.contexts import Context, Model
from lstm_music_jax.generation.draws import GUMBEL, Draw
from lstm_music_jax.generation.engine import (
    CARRIED,
    Generation,
    Plan,
    Sampler,
    check_sizes,
)
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Int, PRNGKey


def sweep(
    model: Model,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    strategies: Strategy,
    *,
    length: int,
    context: Context = CARRIED,
    draw: Draw = GUMBEL,
    trace: bool = False,
    at_once: int | None = None,
) -> Generation:
    """Generate with every setting of a strategy: results are `[s b n]`.

    All settings meet the same noise, and row i is what `generate` gives with setting
    i alone. Other values of as many settings do not recompile.

    Args:
        model: as for `generate`, like the rest.
        prompts: as for `generate`.
        key: as for `generate`.
        strategies: a strategy whose every leaf has the settings as its leading axis:
            see `stack` and `grid`.
        length: as for `generate`.
        context: as for `generate`.
        draw: as for `generate`.
        trace: as for `generate`.
        at_once: streams of each setting that are drawn side by side.

    Raises:
        ValueError: leaves that do not share a leading axis; and as `generate`.
    """
    plan = Plan(length, trace, at_once)
    check_sizes(prompts, plan)
    sizes = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(strategies)}
    if len(sizes) != 1 or () in sizes:
        raise ValueError(
            f"strategies has leaves of leading axes {sorted(sizes)}; all must share "
            "one, the settings"
        )
    return _sweep(model, prompts, key, strategies, context, draw, plan)


def stack(strategies: Sequence[Strategy]) -> Strategy:
    """Stack strategies that differ in their leaves only, for `sweep`.

    Raises:
        ValueError: none, or strategies of different structure or sizes.
    """
    if not strategies:
        raise ValueError("strategies is empty; a sweep takes one setting or more")
    structures = {jax.tree.structure(strategy) for strategy in strategies}
    if len(structures) != 1:
        raise ValueError(
            "strategies differ in more than their hyperparameters: a setting that "
            "fixes a size takes a program of its own"
        )
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *strategies)


def grid(
    make: Callable[..., Strategy], **values: Sequence[Any]
) -> tuple[list[dict[str, Any]], Strategy]:
    """Return all combinations of `values`, and `make` of each, stacked for `sweep`.

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


@partial(jax.jit, static_argnums=6)
def _sweep(model, prompts, key, strategies, context, draw, plan):
    streams = prompts.shape[0]

    def with_setting(strategy):
        return engine.draw_streams(
            model,
            prompts,
            key,
            jnp.arange(streams),
            jnp.int32(streams),
            Sampler(strategy, context, draw),
            plan,
        )

    return jax.vmap(with_setting)(strategies)
