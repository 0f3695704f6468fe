"""A strategy under test, with what several laws look at."""

from functools import cached_property

from lstm_music_jax.testing.long_run import LongRun, run_for_long
from lstm_music_jax.testing.runner import Runner


class Subject(Runner):
    """A strategy under test; what it has computed once it keeps."""

    @cached_property
    def long_run(self) -> LongRun:
        """A long run."""
        return run_for_long(self)
