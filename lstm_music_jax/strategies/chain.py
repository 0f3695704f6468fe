import jax
import jax.numpy as jnp

from lstm_music_jax.fields import refusal
from lstm_music_jax.strategies.base import Strategy, forbid_unless, unless_empty
from lstm_music_jax.strategies.promise import Promise
from lstm_music_jax.types import Array, Bool, Logits, PRNGKey, PyTree


class Chain(Strategy, init=False):
    """Applies strategies one after another, in the order in which they are written.

    A chain without stages changes nothing. A chain within a chain is replaced by its
    stages. Each stage has its own state and its own key.

    A stage may forbid every symbol that is left. It is then ignored for this one draw,
    and the symbols that earlier stages forbid stay forbidden.

    A promise, such as `Obey`, is not ignored in this case. Instead, all earlier stages
    that are no promises are ignored for this one draw. So truncation cannot break a
    promise, wherever it stands. If two promises leave no symbol together, the later one
    is ignored.

    Args:
        stages: any number of strategies.

    State: a tuple of the states of the stages.

    >>> from lstm_music_jax.strategies import RepetitionPenalty, Temperature, TopP
    >>> Chain(RepetitionPenalty(1.2), Chain(Temperature(0.9), TopP(0.95)))
    Chain(RepetitionPenalty(1.2), Temperature(0.9), TopP(0.95))
    """

    stages: tuple[Strategy, ...]

    def __init__(self, *stages: Strategy) -> None:
        flat: list[Strategy] = []
        for stage in stages:
            if not isinstance(stage, Strategy):
                raise refusal("Chain", "a stage", stage, "a strategy, like TopP(0.9)")
            flat += stage.stages if isinstance(stage, Chain) else [stage]
        promises = [stage for stage in flat if isinstance(stage, Promise)]
        flat = [
            stage.beside([other for other in promises if other is not stage])
            if isinstance(stage, Promise)
            else stage
            for stage in flat
        ]
        object.__setattr__(self, "stages", tuple(flat))

    @property
    def shift_invariant(self) -> bool:  # type: ignore[override]
        """Whether all stages are shift-invariant."""
        return all(stage.shift_invariant for stage in self.stages)

    @property
    def permutation_equivariant(self) -> bool:  # type: ignore[override]
        """Whether all stages are permutation-equivariant."""
        return all(stage.permutation_equivariant for stage in self.stages)

    def __repr__(self) -> str:
        """Return the Python expression that makes the chain."""
        return f"{type(self).__name__}({', '.join(map(repr, self.stages))})"

    def init(self, vocab_size):
        return tuple(stage.init(vocab_size) for stage in self.stages)

    def apply(self, logits, state, key):
        shaped, _, state = self.apply_stages(logits, state, key)
        return (shaped[-1] if shaped else logits), state

    def apply_stages(
        self, logits: Logits, state: PyTree, key: PRNGKey
    ) -> tuple[list[Logits], list[Bool[Array, ""]], PyTree]:
        """Apply all stages one after another, and keep the result of each stage.

        Returns:
            The logits after each stage; for each stage, whether it was ignored; and the
            new state of the chain. A stage is ignored if it forbids every symbol that
            is left, or if a later promise overrules it. The logits after a stage do not
            change if a later promise overrules it.
        """
        shaped: list[Logits] = []
        passed_over: list[Bool[Array, ""]] = []
        states = []
        # The logits, of which only the promises so far forbid any.
        promised = logits
        for index, stage in enumerate(self.stages):
            stage_key = jax.random.fold_in(key, index)
            if isinstance(stage, Promise):
                kept, after = stage.apply(promised, state[index], stage_key)
                promised, empty = unless_empty(kept, promised)
                stage_logits = forbid_unless(promised != -jnp.inf, logits)
                logits, undone = unless_empty(stage_logits, promised)
                passed_over = [
                    passed if isinstance(earlier, Promise) else passed | undone
                    for passed, earlier in zip(passed_over, self.stages, strict=False)
                ]
            else:
                stage_logits, after = stage.apply(logits, state[index], stage_key)
                logits, empty = unless_empty(stage_logits, logits)
            shaped.append(logits)
            passed_over.append(empty)
            states.append(after)
        return shaped, passed_over, tuple(states)

    def observe(self, token, state):
        return tuple(
            stage.observe(token, stage_state)
            for stage, stage_state in zip(self.stages, state, strict=True)
        )
