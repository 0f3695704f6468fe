"""The laws of sampling strategies, with which users check their own strategies.

A law is a property that every strategy must have.

    from lstm_music_jax.testing import check_strategy

    check_strategy(MyStrategy(0.9), vocab_size=32)

The strategy is applied to eight random streams. Their prompts repeat symbols. Their
distributions have ties, forbidden symbols, all the probability on one symbol, or only
one, two or three possible symbols. Constants from -1000 to 1000 are added to the
logits. Then a long run follows, with 300 symbols per stream, or more if the vocabulary
has more. In some of its streams, the symbols are random or drawn by the strategy. In
its other streams, one symbol recurs, or two symbols or all symbols take turns. The
strategy is compiled once for all these runs, and once within the sampler of `generate`.

Choose hyperparameters that are not round. At a round value, a threshold may be met
exactly, and then rounding decides: with two equally probable symbols, a nucleus of
p = 0.5 may hold one or both.

The laws find:

- results that depend on anything but the arguments, such as the other streams of a
  batch, or whether the strategy is compiled;
- wrong shapes and dtypes, NaN, +inf, forbidden symbols that become possible, and
  distributions that become empty;
- flags (`shift_invariant`, `permutation_equivariant`) that are True but do not hold;
- integers of the state that overflow, floats of the state that become NaN or infinite,
  and ring buffers of up to 100 symbols that do not wrap around;
- parts of the state that never change because the strategy forgets them;
- noise that `apply` or `observe` makes from a fixed key;
- hyperparameters that are not leaves, and whole numbers that are wrongly static.

The laws cannot find:

- a wrong formula, so compare the strategy with a reference, such as one in NumPy;
- faults that show only after more than 300 symbols, or after a rare sequence of
  symbols;
- a number that becomes 0 by underflow, if no logit becomes NaN or infinite;
- a part of the state that never changes, if it holds several different values, because
  it may be a table;
- constant noise that does not come from a key of JAX, or that comes from a fixed key
  inside a loop which also reads the logits, a symbol or the key of `apply`;
- a static whole number that could be a leaf, if it changes the operations of the
  compiled program and not only its numbers. An example is an exponent.

`keeps_observing` also rejects a strategy that stops observing on purpose, such as one
that remembers the first symbols as a theme. Name the law in `except_for` then.

Start with `laws/`, which holds the laws. `inputs.py` holds the inputs of the streams,
`runner.py` compiles a strategy and applies it to them, and `long_run.py` does this for
300 symbols. `programs.py` examines the operations of a strategy without running it, and
`examples.py` has an example of every strategy.

`check_decoder` does the same for a decoder. `decoder_laws.py` holds its laws, and
`decoding.py` the random distributions that the decoder chooses from. The laws cannot
find a wrong choice. So compare a decoder with the exact distribution over all sequences
of a small model, which `oracle.py` lists.

This package may import `types`, `pytrees`, `protocols`, `strategies` and `generation`.
"""

from collections.abc import Collection

from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.testing.decoder_laws import DECODER_LAWS, DecoderLaw
from lstm_music_jax.testing.decoding import DecoderSubject
from lstm_music_jax.testing.findings import Broken
from lstm_music_jax.testing.laws import LAWS, Law
from lstm_music_jax.testing.subject import Subject

__all__ = ["DECODER_LAWS", "LAWS", "check_decoder", "check_strategy"]


def check_strategy(
    strategy: Strategy,
    vocab_size: int,
    *,
    seed: int = 0,
    except_for: Collection[Law] = (),
) -> None:
    """Check that a strategy keeps every law of `LAWS`; this takes a few seconds.

    Args:
        strategy: a strategy with one value for each hyperparameter, not with the
            stacked values of a sweep.
        vocab_size: number of symbols; choose 16 or more, so that the prompts use only
            a few of them.
        seed: the seed of the random inputs.
        except_for: laws that the strategy breaks on purpose.

    Raises:
        AssertionError: names the first law that is broken, and what was found.
    """
    subject = Subject(strategy, vocab_size, seed)
    _check(LAWS, subject, type(strategy).__name__, except_for)


def check_decoder(
    decoder: Decoder,
    vocab_size: int,
    *,
    seed: int = 0,
    except_for: Collection[DecoderLaw] = (),
) -> None:
    """Check that a decoder keeps every law of `DECODER_LAWS`.

    Args:
        decoder: a decoder of a few members.
        vocab_size: number of symbols, 8 or more.
        seed: the seed of the random inputs.
        except_for: laws that the decoder breaks on purpose.

    Raises:
        AssertionError: names the first law that is broken, and what was found.
    """
    subject = DecoderSubject(decoder, vocab_size, seed)
    _check(DECODER_LAWS, subject, type(decoder).__name__, except_for)


def _check(laws, subject, name, except_for):
    for law in (law for law in laws if law not in except_for):
        try:
            law(subject)
        except Exception as error:
            found = str(error)
            if not isinstance(error, Broken):
                found = f"it raised {type(error).__name__}: {found}"
            text = (law.__doc__ or "").split("\n")[0]
            raise AssertionError(
                f"{name} breaks {law.__name__}. Law: {text} Found: {found}"
            ) from error
