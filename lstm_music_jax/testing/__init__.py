"""The laws of sampling strategies, with which users check their own strategies.

    from lstm_music_jax.testing import check_strategy

    check_strategy(MyStrategy(0.9), vocab_size=32)

The strategy is applied to a few random streams. Their prompts repeat symbols. Their
distributions have ties, forbidden symbols, or all the probability on one symbol. The
strategy is compiled once for these streams and once inside the engine.

Choose hyperparameters that are not round. At a round value, a threshold may be met
exactly, and then rounding decides: with two equally probable symbols, a nucleus of
p = 0.5 may hold one or both.

Start with `laws.py`, which holds the laws. `subject.py` holds the streams, and
`examples.py` an example of every strategy. This package may import `types`, `pytrees`,
`xla`, `strategies` and `generation`.
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
    """Check that a strategy keeps every law of `LAWS`; this takes a second or two.

    Args:
        strategy: a strategy with a single setting, not the stacked ones of a sweep.
        vocab_size: number of symbols; choose 16 or more, so that no stream uses every
            symbol.
        seed: the seed of the streams.
        except_for: laws that the strategy breaks on purpose.

    Raises:
        AssertionError: names the first law that is broken, and what was found.
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
