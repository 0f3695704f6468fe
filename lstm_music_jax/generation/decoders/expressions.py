"""Reads a decoder from its `repr`, a Python expression that is never evaluated."""

from collections.abc import Callable, Mapping
from typing import Any

from lstm_music_jax.expressions import read_expression
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.protocols import Model


def read_decoder(
    text: str,
    names: Mapping[str, Any],
    supplied: Mapping[str, Any] | None = None,
    *,
    id_of: Callable[[str], int] | None = None,
    model_of: Callable[[str], Model] | None = None,
) -> Decoder:
    """Return the decoder that an expression such as "SMC(64)" makes.

    The arguments are those of `read_expression`.

    Raises:
        ValueError: the expression is wrong. The message names the place in the text,
            unless it is about the whole expression.

    >>> from lstm_music_jax.generation.decoders.smc import SMC
    >>> from lstm_music_jax.strategies import Temperature
    >>> known = {"SMC": SMC, "Temperature": Temperature}
    >>> read_decoder("SMC(64, target=Temperature(0.8))", known)
    SMC(64, target=Temperature(0.8))
    """
    return read_expression(
        text,
        names,
        supplied,
        kind=Decoder,
        argument="decoder",
        example="SMC(64)",
        id_of=id_of,
        model_of=model_of,
    )
