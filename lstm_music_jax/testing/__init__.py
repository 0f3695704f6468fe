"""The laws of a sampling strategy, for users to check their own strategies.

    from lstm_music_jax.testing import check_strategy

    check_strategy(MyStrategy(0.9), vocab_size=32)

The strategy runs on eight streams. Their prompts repeat symbols. Their distributions
have ties, forbidden symbols, all the probability on one symbol, or one, two or three
symbols that are allowed. Constants from -1000 to 1000 are added to the logits. A long run
has 300 notes: random symbols, one symbol over and over, two symbols in turn, all symbols
in turn, and symbols that the strategy draws. The strategy is compiled once for these
streams and once inside the engine.

The laws find:

- results that depend on anything but the arguments, on the other streams of a batch, or
  on whether the strategy is compiled;
- wrong shapes and dtypes, NaN, +inf, forbidden symbols that become possible, and supports
  that become empty;
- flags that promise too much;
- integers of the state that overflow, floats of it that become NaN or infinite, and
  rings of up to 119 symbols that are not wrapped;
- parts of the state that are forgotten;
- noise from a fixed key;
- hyperparameters that are not leaves, and whole numbers that are declared as sizes.

The laws cannot find:

- a wrong formula: compare the strategy with a reference, such as one in NumPy;
- what happens only after more than 300 symbols, or only after a rare sequence of symbols;
- a small number that becomes 0, as long as no logit becomes NaN or infinite;
- a part of the state that never changes, if it holds several values: it may be a table;
- constant noise from elsewhere than JAX's keys, or from a fixed key inside a loop that
  also reads the logits;
- a whole number declared as a size that JAX needs when it writes the program: a number of
  rounds, or the exponent of a power.

`keeps_observing` rejects a strategy that stops observing on purpose, such as one that
remembers the first symbols as a theme. `except_for` excepts it.

Give hyperparameters that are not round, because rounding may decide a rule that is met
exactly: a nucleus of p = 0.5, of two equal symbols.

`laws/` holds the laws, `streams.py` the streams, `runner.py` the one compiled program,
`long_run.py` the long run, `programs.py` what is read from programs without running
them, and `examples.py` an example of every strategy. May import `types`, `pytrees`,
`xla`, `strategies` and `generation`. Start with `laws/`.
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
        strategy: a strategy with single settings, not those of a sweep.
        vocab_size: best 16 or more, so that no history holds every symbol.
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
