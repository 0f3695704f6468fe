"""The trace: numbers that describe each drawn symbol and its distributions.

The model gives a distribution, and the strategy shapes it into the one that is drawn
from. A chain is a strategy of several stages, each of which shapes the result of the
stage before. A strategy that forbids the whole vocabulary is ignored. A stage is
ignored if it forbids every symbol that is left, or if a later promise overrules it.
"""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.notebooks import shown_html
from lstm_music_jax.strategies.base import Strategy, unless_empty
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Bool, Float, Int, Logits, PRNGKey, PyTree, Token
from lstm_music_jax.xla.ordering import largest


class Trace(NamedTuple):
    """Numbers that describe each drawn symbol and its distributions, `[b n]`.

    b is the number of streams, and n that of symbols. With a decoder, the axes are
    `[b m n]`. Arrays of stages have one more axis at the end, for the stages. After a
    stop symbol, all numbers are 0. How much of a stream is copied does not depend on
    the distributions, so it is not here: `copied_lengths` returns it on the device for
    the symbols that any strategy has drawn.

    Attributes:
        model_entropy: entropy of the model's distribution, nats.
        strategy_entropy: entropy of the distribution that was drawn from, nats.
        kept_mass: sum of the model's probabilities of all symbols that could be drawn.
        kept_count: number of symbols that could be drawn.
        surprisal: -log p of the drawn symbol under the model, nats.
        rank: number of symbols that the model finds more probable than the drawn one.
        margin: difference in log-probability between the model's two most probable
            symbols, nats.
        empty_support: True if the strategy, or a stage of a chain, was ignored.
        stage_kept_mass: `kept_mass` after each stage of a chain. A strategy that is not
            a chain has no stages.
        stage_passed_over: for each stage of a chain, True if it was ignored.
    """

    model_entropy: Float[Array, "*b"]
    strategy_entropy: Float[Array, "*b"]
    kept_mass: Float[Array, "*b"]
    kept_count: Int[Array, "*b"]
    surprisal: Float[Array, "*b"]
    rank: Int[Array, "*b"]
    margin: Float[Array, "*b"]
    empty_support: Bool[Array, "*b"]
    stage_kept_mass: Float[Array, "*b stages"]
    stage_passed_over: Bool[Array, "*b stages"]

    def _repr_html_(self) -> str | None:
        return shown_html(self)

    # IPython's text; all the arrays would take a hundred lines.
    def _repr_pretty_(self, printer, cycle):
        printer.text(f"<Trace of shape {jnp.shape(self.kept_count)}>")


class Shaped(NamedTuple):
    """The result of a strategy for the logits of one symbol.

    Attributes:
        logits: the logits to draw from; those of the model if the strategy was ignored.
        empty: True if the strategy, or a stage of a chain, was ignored.
        stages: logits after each stage of a chain.
        passed_over: for each stage, True if it was ignored.
    """

    logits: Logits
    empty: Bool[Array, ""]
    stages: list[Logits]
    passed_over: Bool[Array, "stages"]


def apply_in_stages(
    strategy: Strategy, logits: Logits, state: PyTree, key: PRNGKey
) -> tuple[Shaped, PyTree]:
    """Apply a strategy to the logits of a symbol, and keep the result of each stage.

    Return the result, and the new state of the strategy.
    """
    if isinstance(strategy, Chain) and strategy.stages:
        stages, passed_over, state = strategy.apply_stages(logits, state, key)
        skipped = jnp.stack(passed_over)
        return Shaped(stages[-1], jnp.any(skipped), stages, skipped), state
    shaped, state = strategy.apply(logits, state, key)
    return Shaped(*unless_empty(shaped, logits), [], jnp.zeros(0, bool)), state


def trace_note(
    log_probs: Float[Array, "v"],
    strategy_log_probs: Float[Array, "v"],
    shaped: Shaped,
    token: Token,
) -> Trace:
    """Return the numbers that describe one drawn symbol and its distributions.

    Args:
        log_probs: log-probabilities under the model, nats.
        strategy_log_probs: log-probabilities in the distribution that was drawn from,
            nats.
        shaped: the result of the strategy.
        token: the id of the drawn symbol.
    """
    probabilities = jnp.exp(log_probs)
    kept = strategy_log_probs > -jnp.inf
    best = largest(log_probs)
    others = jnp.where(jnp.arange(log_probs.shape[0]) == best, -jnp.inf, log_probs)
    masses = [
        jnp.sum(jnp.where(stage > -jnp.inf, probabilities, 0.0))
        for stage in shaped.stages
    ]
    return Trace(
        _entropy(log_probs, probabilities),
        _entropy(strategy_log_probs, jnp.exp(strategy_log_probs)),
        jnp.sum(jnp.where(kept, probabilities, 0.0)),
        jnp.sum(kept.astype(jnp.int32)),
        -log_probs[token],
        jnp.sum((log_probs > log_probs[token]).astype(jnp.int32)),
        log_probs[best] - jnp.max(others),
        shaped.empty,
        jnp.stack(masses) if masses else jnp.zeros(0, jnp.float32),
        shaped.passed_over,
    )


def _entropy(log_probs, probabilities):
    return -jnp.sum(jnp.where(probabilities > 0, probabilities * log_probs, 0.0))
