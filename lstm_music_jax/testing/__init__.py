"""Laws that every sampling strategy must keep, and a check for your own strategy.

    from lstm_music_jax.testing import check_strategy

    check_strategy(my_strategy(0.9), vocab_size=32)

The strategy runs on a few streams. Their prompts repeat symbols. Their distributions
have ties, forbidden symbols, or all the probability on one symbol. The strategy is
compiled once for these streams and once inside the engine.

Use hyperparameters that are not round, such as p = 0.53. Otherwise a threshold may be
met exactly, as p = 0.5 is by one of two equal symbols, and rounding decides.
"""

from collections.abc import Collection

from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.testing.findings import Broken
from lstm_music_jax.testing.laws import LAWS, Law
from lstm_music_jax.testing.subject import Subject

__all__ = ["LAWS", "check_strategy"]


def check_strategy(
    strategy: Strategy,
    vocab_size: int,
    *,
    seed: int = 0,
    except_for: Collection[Law] = (),
) -> None:
    """Check that a strategy keeps every law of `LAWS`; takes a second or two.

    Args:
        strategy: a strategy with a single setting, not stacked for a sweep.
        vocab_size: number of symbols, best 16 or more, so that no history holds every
            symbol.
        seed: fixes the random streams.
        except_for: laws that the strategy breaks on purpose.

    Raises:
        AssertionError: a law is broken. The message names the first such law and what
            was found.
    """
    subject = Subject(strategy, vocab_size, seed)
    for law in (law for law in LAWS if law not in except_for):
        try:
            law(subject)
        except Exception as error:
            found = str(error)
            if not isinstance(error, Broken):
                found = f"it raised {type(error).__name__}: {found}"
            name, text = type(strategy).__name__, (law.__doc__ or "").split("\n")[0]
            raise AssertionError(
                f"{name} breaks {law.__name__}. Law: {text} Found: {found}"
            ) from error
