"""Reads a strategy from its `repr`, a Python expression that is never evaluated."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from lstm_music_jax.expressions import read_expression
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies.base import Strategy


def read_strategy(
    text: str,
    names: Mapping[str, Any],
    supplied: Mapping[str, Any] | None = None,
    *,
    id_of: Callable[[str], int] | None = None,
    model_of: Callable[[str], Model] | None = None,
    number_of: Callable[[float, dataclasses.Field], float] | None = None,
) -> Strategy:
    """Return the strategy that an expression such as "TopP(0.9)" makes.

    The arguments are those of `read_expression`.

    Raises:
        ValueError: the expression is wrong. The message names the place in the text,
            unless it is about the whole expression.

    >>> from lstm_music_jax.strategies import Chain, Temperature, TopP
    >>> known = {"Chain": Chain, "Temperature": Temperature, "TopP": TopP}
    >>> read_strategy("Chain(Temperature(0.9), TopP(0.95))", known)
    Chain(Temperature(0.9), TopP(0.95))
    """
    return read_expression(
        text,
        names,
        supplied,
        kind=Strategy,
        argument="strategy",
        example="TopP(0.9)",
        id_of=id_of,
        model_of=model_of,
        number_of=number_of,
    )
