from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Integers, Number, ids, number, tree
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.types import Array, Bool, PyTree, Token


class GuidanceState(NamedTuple):
    """The memory of the guiding model, and the symbol that it reads next.

    Attributes:
        memory: what the guiding model remembers of the symbols so far, such as its
            state.
        token: id of the symbol that it reads next.
        drawing: False until the first symbol is drawn. Until then, `observe` ignores
            symbols, because the guiding model does not read the prompt of the stream.
    """

    memory: PyTree
    token: Token
    drawing: Bool[Array, ""]


class Guidance(Strategy):
    """Strengthens the influence of the stream's prompt: classifier-free guidance.

        l'_x = u_x + scale (c_x - u_x)

    l'_x is the new logit of symbol x. c_x is its log-probability in the distribution
    that the strategy is given. u_x is its log-probability under `model`, the guiding
    model. The guiding model reads `prompt` instead of the prompt of the stream, and
    then the drawn symbols. Each symbol costs one step of `context` with the guiding
    model. Forbidden symbols stay forbidden. Where only u_x is -inf, l'_x is c_x.

    Args:
        scale: any finite number; 1 gives c_x, 0 gives u_x, and above 1 goes beyond c_x.
        model: the model that generates, or another one with the same vocabulary.
        prompt: one or more ids, such as the start symbol alone.
        context: which of the symbols so far the guiding model remembers, such as all of
            them with `Carried()`.

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
        # The guiding model steps here and not in `observe`, so that it does not read
        # the stream's prompt.
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
