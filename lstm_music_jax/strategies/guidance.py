"""Guidance: towards what the prompt asks for, away from what would come without it."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.types import Array, Bool, Logits, PyTree, Token


class GuidanceState(NamedTuple):
    """What the other model remembers, and the symbol that it reads next."""

    memory: PyTree
    token: Token
    drawing: Bool[Array, ""]


@pytree
class Guidance(Strategy):
    """See `guidance`. Its state: `GuidanceState`."""

    permutation_equivariant: ClassVar[bool] = False
    scale: Hyperparameter
    model: Any
    prompt: Any
    context: Any

    def init(self, vocab_size):
        """Read the other prompt, all but its last symbol."""
        prompt = jnp.asarray(self.prompt, jnp.int32)
        memory = self.context.prefill(self.model, prompt[:-1])
        return GuidanceState(memory, prompt[-1], jnp.bool_(False))

    def apply(self, logits, state, key):
        """Step the other model, and move from its distribution through this one."""
        # It steps here, not when told of the symbol: the prompt's, which it must not
        # read, then cost nothing.
        memory, unguided = self.context.step(self.model, state.memory, state.token)
        unguided = unguided.astype(jnp.float32)
        shaped = _extrapolate(
            jax.nn.log_softmax(unguided), jax.nn.log_softmax(logits), self.scale
        )
        shaped = jnp.where(logits > -jnp.inf, shaped, -jnp.inf)
        return shaped, GuidanceState(memory, state.token, jnp.bool_(True))

    def observe(self, token, state):
        """Keep the symbol for the next step, unless it is of the music's prompt."""
        token = jnp.where(state.drawing, token.astype(jnp.int32), state.token)
        return state._replace(token=token)


def guidance(
    scale: Setting,
    model: Any,
    prompt: Sequence[int] | Array | np.ndarray,
    context: Any,
) -> Guidance:
    """Strengthen what sets the music's own prompt apart: classifier-free guidance.

        l'_x = u_x + scale (c_x - u_x)

    c is the log-probability handed to the strategy, u that of `model` after `prompt`
    and the symbols drawn; the music's own prompt is not read to it. Costs a step of
    the model a note more. What is forbidden stays so; where only u is -inf, c is kept.

    Args:
        scale: 1 gives c, 0 gives u, above 1 goes beyond c; any finite number.
        model: the music's model or another of the same vocabulary.
        prompt: one or more ids, such as the start symbol alone.
        context: what the model remembers: `prefill(model, prompt) -> memory` and
            `step(model, memory, token) -> memory, logits`.

    Reference: Sanchez et al. 2023, https://arxiv.org/abs/2306.17806
    """
    if np.ndim(prompt) != 1 or len(prompt) == 0:
        raise ValueError(f"prompt is {prompt}; it must be a row of one or more ids")
    return Guidance(
        hyperparameter("scale", scale, np.isfinite, "a finite number"),
        model,
        hyperparameter(
            "prompt", prompt, lambda i: i >= 0, "ids, 0 or more each", np.int32
        ),
        context,
    )


def _extrapolate(u: Logits, c: Logits, scale: Hyperparameter) -> Logits:
    return jnp.where(u > -jnp.inf, u + scale * (c - u), c)
