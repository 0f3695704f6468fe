"""A strategy under test, with the results that several laws share.

A law is a property that every strategy must have. A long run is one of 300 symbols, or
of more if the vocabulary has more.
"""

from functools import cached_property

from lstm_music_jax.testing.long_run import LongRun, run_for_long
from lstm_music_jax.testing.runner import Runner


class Subject(Runner):
    """A strategy under test: a `Runner` that keeps the result of its long run."""

    @cached_property
    def long_run(self) -> LongRun:
        """The result of the long run of the strategy, computed once."""
        return run_for_long(self)
