"""Chain: strategies one after another, in the order they are read."""

import jax

from lstm_music_jax.strategies.base import Strategy, pytree


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
        states = []
        for index, (stage, stage_state) in enumerate(
            zip(self.stages, state, strict=True)
        ):
            logits, stage_state = stage.apply(
                logits, stage_state, jax.random.fold_in(key, index)
            )
            states.append(stage_state)
        return logits, tuple(states)

    def observe(self, token, state):
        """Tell every stage."""
        return tuple(
            stage.observe(token, stage_state)
            for stage, stage_state in zip(self.stages, state, strict=True)
        )


def chain(*strategies: Strategy) -> Chain:
    """Apply strategies in the order given; none at all is the model's distribution.

    >>> from lstm_music_jax.strategies import repetition_penalty, temperature, top_p
    >>> warm = chain(repetition_penalty(1.2), temperature(0.9), top_p(0.95))
    """
    return Chain(tuple(strategies))
