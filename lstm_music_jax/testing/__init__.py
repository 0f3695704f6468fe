"""The laws of a sampling strategy, to be checked on one's own.

    from lstm_music_jax.testing import check_strategy

    check_strategy(my_strategy(0.9), vocab_size=32)

The strategy runs on a few streams: prompts in which symbols repeat, and distributions
with ties, with forbidden symbols, with all the probability on one. It is compiled once
for them and once inside the engine. Rounding may decide a rule that is met exactly (a
nucleus of p = 0.5, of two equal symbols): give hyperparameters that are not round.
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
        strategy: what a factory returned, its leaves single settings, not a sweep's.
        vocab_size: best 16 or more, so that no history holds every symbol.
        seed: of the streams.
        except_for: laws that the strategy breaks on purpose.

    Raises:
        AssertionError: naming the first law broken, and what was found.
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
