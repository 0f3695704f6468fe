"""Chain: strategies one after another, in the order they are read."""

import jax

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import State, Strategy
from lstm_music_jax.types import Logits, PRNGKey


@pytree
class Chain(Strategy):
    """See `chain`. Its state: a tuple of the stages' states."""

    stages: tuple[Strategy, ...]

    @property
    def shift_invariant(self) -> bool:
        """Of a chain: that of all its stages."""
        return all(stage.shift_invariant for stage in self.stages)

    @property
    def permutation_equivariant(self) -> bool:
        """Of a chain: that of all its stages."""
        return all(stage.permutation_equivariant for stage in self.stages)

    def init(self, vocab_size):
        """Initialise every stage."""
        return tuple(stage.init(vocab_size) for stage in self.stages)

    def apply(self, logits, state, key):
        """Apply the stages in order, each with a key of its own."""
        stages, state = self.apply_stages(logits, state, key)
        return (stages[-1] if stages else logits), state

    def apply_stages(
        self, logits: Logits, state: State, key: PRNGKey
    ) -> tuple[list[Logits], State]:
        """Do what `apply` does; return the logits after each stage."""
        shaped, states = [], []
        for index, (stage, stage_state) in enumerate(
            zip(self.stages, state, strict=True)
        ):
            logits, stage_state = stage.apply(
                logits, stage_state, jax.random.fold_in(key, index)
            )
            shaped.append(logits)
            states.append(stage_state)
        return shaped, tuple(states)

    def observe(self, token, state):
        """Tell every stage."""
        return tuple(
            stage.observe(token, stage_state)
            for stage, stage_state in zip(self.stages, state, strict=True)
        )


def chain(*strategies: Strategy) -> Chain:
    """Apply strategies in the order given; none at all is the model's distribution.

    A chain among them is taken apart: its stages stand in its place.

    >>> from lstm_music_jax.strategies import repetition_penalty, temperature, top_p
    >>> warm = chain(repetition_penalty(1.2), temperature(0.9), top_p(0.95))
    """
    stages = []
    for strategy in strategies:
        stages += strategy.stages if isinstance(strategy, Chain) else [strategy]
    return Chain(tuple(stages))
