from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Integers, Number, ids, number, tree
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.types import Array, Bool, PyTree, Token


class GuidanceState(NamedTuple):
    """The memory of the other model, and the symbol that it reads next.

    `drawing` is False until the first note.
    """

    memory: PyTree
    token: Token
    drawing: Bool[Array, ""]


class Guidance(Strategy):
    """Strengthens the influence of the music's own prompt: classifier-free guidance.

        l'_x = u_x + scale (c_x - u_x)

    c is the log-probability that the strategy is given. u is the log-probability under
    `model` after `prompt` and the drawn symbols; that model does not read the music's
    own prompt. Each note costs one step of `model`. Forbidden symbols stay forbidden;
    where only u is -inf, c is kept.

    Args:
        scale: 1 gives c, 0 gives u, above 1 goes beyond c; any finite number.
        model: the music's model, or another of the same vocabulary.
        prompt: one or more ids, such as the start symbol alone.
        context: what the model remembers, such as `Carried()`.

    State: `GuidanceState`.

    Reference: Sanchez et al. 2023, https://arxiv.org/abs/2306.17806
    """

    permutation_equivariant = False
    scale: Number = number()
    model: Model = tree()
    prompt: Integers = ids()
    context: Context

    def init(self, vocab_size):
        prompt = jnp.asarray(self.prompt, jnp.int32)
        memory = self.context.prefill(self.model, prompt[:-1])
        return GuidanceState(memory, prompt[-1], jnp.bool_(False))

    def apply(self, logits, state, key):
        # The other model steps here and not in `observe`, so that the symbols of the
        # music's prompt, which it must not read, cost nothing.
        memory, unguided = self.context.step(self.model, state.memory, state.token)
        u = jax.nn.log_softmax(unguided.astype(jnp.float32))
        # No term is infinite, so that gradients are not NaN.
        possible = logits > -jnp.inf
        c = jnp.where(possible, jax.nn.log_softmax(logits), 0.0)
        u = jnp.where(u > -jnp.inf, u, c)
        shaped = forbid_unless(possible, u + self.scale * (c - u))
        return shaped, GuidanceState(memory, state.token, jnp.bool_(True))

    def observe(self, token, state):
        token = jnp.where(state.drawing, token.astype(jnp.int32), state.token)
        return state._replace(token=token)
