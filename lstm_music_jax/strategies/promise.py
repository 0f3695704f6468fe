"""The base class of promises, which no strategy that truncates can break."""

from collections.abc import Sequence

import numpy as np

from lstm_music_jax.automata.reachability import Effects
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Int


class Promise(Strategy):
    """Base class of masks that no strategy that truncates can break.

    A promise only forbids symbols, whatever the logits are. If it forbids all symbols
    that earlier stages of a `Chain` left, the chain ignores those of them that are no
    promises, and not the promise. An earlier promise wins over it, and so does a later
    strategy that makes forbidden symbols possible, such as `Force`. Not every mask is a
    promise: `Allow` and `PitchRange`, for example, are ignored.
    """

    def never(self) -> Int[np.ndarray, "n"]:
        """Return ids that the promise forbids at every symbol."""
        return np.zeros(0, np.int64)

    def effects(self) -> Effects | None:
        """Return what each symbol does to the pitches, if the promise follows them.

        The state of the promise must then be a pair of masks of the 128 pitches: those
        that were struck at this moment, and those that sound.
        """
        return None

    def beside(self, promises: Sequence["Promise"]) -> "Promise":
        """Return this promise as it must be in a chain with other promises.

        `Chain` calls this when it is made.
        """
        return self

    def check_prompts(self, prompts: Int[Array, "b p"]) -> None:
        """Raise ValueError if the promise cannot be kept after a prompt.

        `generate` and `sweep` call this before they compile, unless the prompts or the
        promise are traced. Unless overridden, it accepts all prompts.
        """
