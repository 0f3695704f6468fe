"""The laws that a strategy must keep, one function each.

`check_strategy` runs them in the order of `LAWS`.

Start with `logits.py`. Each law gets a `Subject`, which runs the strategy under test,
and raises `Broken` if the strategy breaks the law. These modules may import the same
packages as `testing`.
"""

from collections.abc import Callable

from lstm_music_jax.testing.laws.logits import (
    forbidden_stays_forbidden,
    jit_equals_eager,
    no_nan_or_infinity,
    permutation_equivariance,
    rows_are_independent,
    shift_invariance,
    something_is_left_to_draw,
    survives_an_empty_support,
)
from lstm_music_jax.testing.laws.settings import (
    leaves_can_be_swept,
    one_trace,
    sizes_fix_shapes,
    structure_is_its_own,
)
from lstm_music_jax.testing.laws.states import (
    is_pure,
    keeps_observing,
    keeps_shapes_and_dtypes,
    survives_a_long_run,
    the_state_moves,
)
from lstm_music_jax.testing.laws.surroundings import (
    composes_in_a_chain,
    draws_from_its_key,
    replays_in_the_engine,
    stays_on_the_device,
)
from lstm_music_jax.testing.subject import Subject

Law = Callable[[Subject], None]

# If breaking one law makes another fail, the first comes earlier in this list. Laws
# that need no compiled program come first of all.
LAWS: tuple[Law, ...] = (
    keeps_shapes_and_dtypes,
    structure_is_its_own,
    sizes_fix_shapes,
    draws_from_its_key,
    is_pure,
    no_nan_or_infinity,
    forbidden_stays_forbidden,
    something_is_left_to_draw,
    rows_are_independent,
    jit_equals_eager,
    survives_an_empty_support,
    shift_invariance,
    permutation_equivariance,
    survives_a_long_run,
    the_state_moves,
    keeps_observing,
    one_trace,
    leaves_can_be_swept,
    stays_on_the_device,
    composes_in_a_chain,
    replays_in_the_engine,
)
