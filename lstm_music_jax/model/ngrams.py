"""N-gram models that the sampler can use like the LSTM: states, logits, on the device.

The n-grams form a trie. Each node is a context, and it has a child for each symbol that
was seen after it. The child of a context of length n is a context of length n + 1.

A context has an index among all contexts of its length. The state of a model holds one
index per length, from 1 to the largest: that of the context that the last symbols form.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model import ngram_counts
from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.types import Array, Float, Int, Integer, Logits, Token, Tokens


class Contexts(NamedTuple):
    """All contexts of one length, and the symbols that were seen after each.

    The last context stands for all contexts that were never seen. It has no symbols.

    Attributes:
        first: for each context, where its symbols begin in `symbol`.
        size: for each context, the number of symbols that were seen after it.
        freed: for each context, the probability that it leaves to the shorter context.
        symbol: the ids of the symbols seen after each context, ascending, one context
            after the other. A position in this array is also the index of a context of
            the next length: this context with this symbol appended. With v symbols in
            the vocabulary, the id v is a mark, as in `ngram_counts`. At the end is
            padding, so that every context can be read as a slice of the same size.
        kept: for each entry of `symbol`, the probability that its context keeps for it.
    """

    first: Int[Array, "c"]
    size: Int[Array, "c"]
    freed: Float[Array, "c"]
    symbol: Int[Array, "g"]
    kept: Float[Array, "g"]


@pytree
class NGram:
    """An n-gram model with interpolated smoothing; a `Model`, like `MusicLSTM`.

        p(x | c) = kept(c, x) + freed(c) p(x | c'),

    where c is a context of up to `order` - 1 symbols, and c' is c without its oldest
    symbol. Context c keeps the probability kept(c, x) for symbol x, and leaves the
    probability freed(c) to c'. The empty context is interpolated with the uniform
    distribution, so every symbol has a probability above 0. The logits are
    log-probabilities.

    Make one by `NGram.witten_bell` or `NGram.kneser_ney`, which count n-grams on the
    host. The probabilities are those of `ngram_counts`, which the baselines of training
    use.

    The arrays take 8 bytes per distinct n-gram of each length, and 12 bytes per
    distinct context: 1.5 MB for a 5-gram model of Bach's chorales, and at most 80 MB
    for a 5-gram model of a corpus of a million symbols.

    Attributes:
        unigram: the probability of each symbol after the empty context.
        levels: the contexts of length 1, 2 and so on.
        begin: the state before the first symbol of a piece.
        widths: for each length of context, the largest number of symbols that were seen
            after one context.
    """

    unigram: Float[Array, "v"]
    levels: tuple[Contexts, ...]
    begin: Int[Array, "k"]
    widths: tuple[int, ...] = static()

    @classmethod
    def witten_bell(
        cls, pieces: Sequence[Integer[np.ndarray, "_"]], vocab_size: int, order: int = 3
    ) -> "NGram":
        """Return a model of counted n-grams, with Witten & Bell's smoothing.

            p(x | c) = (n(c x) + d(c) p(x | c')) / (n(c) + d(c)),

        where c' is c without its oldest symbol, n counts occurrences, and d(c) is the
        number of distinct symbols seen after context c. This is method C of Witten &
        Bell (1991).

        >>> pieces = [np.array([0, 1, 2, 0, 1, 3])]
        >>> model = NGram.witten_bell(pieces, vocab_size=5, order=2)
        >>> state = model.advance(model.initial_state(), jnp.int32(1))
        >>> [round(float(p), 2) for p in jnp.exp(model.readout(state))]
        [0.1, 0.16, 0.35, 0.35, 0.04]

        Args:
            pieces: ids of the pieces to count. Their first symbols are not predicted.
            vocab_size: number of symbols in the vocabulary, v.
            order: number of symbols in the longest n-gram, the predicted one included;
                1 for a unigram model.

        Raises:
            ValueError: `order` or `vocab_size` is below 1, or an id is not in the
                vocabulary.

        References:
            Witten & Bell (1991), The Zero-Frequency Problem: Estimating the
            Probabilities of Novel Events in Adaptive Text Compression, IEEE
            Transactions on Information Theory 37(4).
        """
        _require_countable(pieces, vocab_size, order)
        return _on_device(ngram_counts.witten_bell(pieces, vocab_size, order))

    @classmethod
    def kneser_ney(
        cls, pieces: Sequence[Integer[np.ndarray, "_"]], vocab_size: int, order: int = 5
    ) -> "NGram":
        """Return a model of counted n-grams, with modified Kneser-Ney smoothing.

            p(x | c) = (n(c x) - D(n(c x)) + g(c) p(x | c')) / n(c).

        c' is c without its oldest symbol. D is the discount, which depends on the count
        that it is subtracted from. g(c) is the sum of D(n(c x)) over x, and n(c) is the
        sum of n(c x) over x. In the longest context, n counts occurrences. In a shorter
        context, n counts the distinct symbols that come before c x. The beginning of a
        piece counts as a symbol.

        >>> pieces = [np.array([0, 1, 2, 0, 1, 3])]
        >>> model = NGram.kneser_ney(pieces, vocab_size=5, order=2)
        >>> state = model.advance(model.initial_state(), jnp.int32(1))
        >>> [round(float(p), 2) for p in jnp.exp(model.readout(state))]
        [0.11, 0.11, 0.36, 0.36, 0.05]

        Args:
            pieces: ids of the pieces to count. Their first symbols are not predicted.
            vocab_size: number of symbols in the vocabulary, v.
            order: number of symbols in the longest n-gram, the predicted one included.

        Raises:
            ValueError: `order` or `vocab_size` is below 1, or an id is not in the
                vocabulary.

        References:
            Chen & Goodman (1998), An Empirical Study of Smoothing Techniques for
            Language Modeling, TR-10-98, Harvard University, section 3.
        """
        _require_countable(pieces, vocab_size, order)
        return _on_device(ngram_counts.kneser_ney(pieces, vocab_size, order))

    def initial_state(self) -> Int[Array, "k"]:
        """Return the state before the first symbol: one context of each length."""
        return self.begin

    def step(
        self, state: Int[Array, "k"], token: Token
    ) -> tuple[Int[Array, "k"], Logits]:
        """Read one symbol; return the new state and the next symbol's logits."""
        state = self.advance(state, token)
        return state, self.readout(state)

    def advance(self, state: Int[Array, "k"], token: Token) -> Int[Array, "k"]:
        """Return the state after reading one symbol: one context of each length."""
        # The index of a context of one symbol is the id of the symbol.
        longer = [
            _child(level, width, state[k], token, len(next_level.first) - 1)
            for k, (level, width, next_level) in enumerate(
                zip(self.levels, self.widths, self.levels[1:], strict=False)
            )
        ]
        return jnp.stack([token, *longer])[: len(self.levels)]

    def readout(self, state: Int[Array, "k"]) -> Logits:
        """Return the log-probabilities of the next symbol."""
        probability = self.unigram
        for k, (level, width) in enumerate(zip(self.levels, self.widths, strict=True)):
            symbols, kept = _row(level, width, state[k], len(probability))
            probability = (
                (level.freed[state[k]] * probability)
                .at[symbols]
                .add(kept, mode="drop", unique_indices=True, indices_are_sorted=True)
            )
        return jnp.log(probability)

    def unroll(self, tokens: Tokens) -> tuple[Int[Array, "b k"], Float[Array, "b t v"]]:
        """Read sequences from the initial state.

        Returns:
            The last states, and the log-probabilities after each symbol.
        """

        def read(sequence):
            def one(state, token):
                state = self.advance(state, token)
                return state, state

            return jax.lax.scan(one, self.initial_state(), sequence)

        last, states = jax.vmap(read)(tokens)
        return last, jax.vmap(jax.vmap(self.readout))(states)


def _child(level, width, context, token, unseen):
    """Return the index of the context that is `context` with `token` appended.

    A binary search finds it among the symbols that were seen after `context`.

    Args:
        level: the contexts of one length.
        width: the largest number of symbols that were seen after one of these contexts.
            It limits the number of steps of the search.
        context: the index of a context of this length.
        token: the id of the symbol to append.
        unseen: the result if the longer context was never seen.
    """
    first = level.first[context]
    end = first + level.size[context]

    def halve(_, bounds):
        low, high = bounds
        middle = (low + high) // 2
        before = (low < high) & (level.symbol[middle] < token)
        return jnp.where(before, middle + 1, low), jnp.where(before, high, middle)

    low, _ = jax.lax.fori_loop(0, width.bit_length(), halve, (first, end))
    found = (low < end) & (level.symbol[low] == token)
    return jnp.where(found, low, unseen)


def _row(level, width, context, vocab_size):
    """Return the ids of the symbols seen after a context, and their probabilities.

    The probability of a symbol is the part that the context keeps for it. Both results
    are `[width]`. If the context has fewer symbols, integers of `vocab_size` or more
    fill the remaining places of the ids. The probabilities there have no meaning.

    Args:
        level: the contexts of one length.
        width: the largest number of symbols that were seen after one of these contexts.
        context: the index of a context of this length.
        vocab_size: number of symbols in the vocabulary.
    """
    first, place = level.first[context], jnp.arange(width, dtype=jnp.int32)
    symbols = jax.lax.dynamic_slice(level.symbol, (first,), (width,))
    kept = jax.lax.dynamic_slice(level.kept, (first,), (width,))
    return jnp.where(place < level.size[context], symbols, vocab_size + place), kept


def _on_device(smoothed):
    """Return the n-gram model on the device that has the probabilities of `smoothed`.

    `smoothed` is a model on the host, which holds smoothed counts. They become
    probabilities in float32.
    """
    size = smoothed.vocab_size
    empty, *longer = smoothed.levels
    unigram = np.full(size, 1 / size)
    if empty.total[0]:
        unigram = (empty.kept[:size] + empty.freed[0] * unigram) / empty.total[0]
    levels, widths = [], []
    for level in longer:
        context, symbol = np.divmod(level.keys, size + 1)
        count = np.bincount(context, minlength=len(level.total))
        width = int(count.max(initial=1))
        seen = level.total > 0
        total = np.where(seen, level.total, 1.0)
        padding = (0, width)
        levels.append(
            Contexts(
                _ints([*(np.cumsum(count) - count), len(symbol)]),
                _ints([*count, 0]),
                _floats([*np.where(seen, level.freed / total, 1.0), 1.0]),
                _ints(np.pad(symbol, padding, constant_values=size)),
                _floats(np.pad(level.kept / total[context], padding)),
            )
        )
        widths.append(width)
    return NGram(_floats(unigram), tuple(levels), _begin(smoothed), tuple(widths))


def _begin(smoothed):
    """Return the state before the first symbol of a piece.

    Its contexts consist of marks, which Kneser-Ney smoothing puts before each piece
    when it counts n-grams. Other n-grams were counted without marks. Then no symbol was
    seen after such contexts, and the state leads to the counts of the empty context.
    """
    state = []
    context, mark = 0, smoothed.vocab_size
    for level, longer in zip(smoothed.levels, smoothed.levels[1:], strict=False):
        key = context * (mark + 1) + mark
        rows = np.flatnonzero(level.keys == key)
        context = int(rows[0]) if len(rows) else len(longer.total)
        state.append(context)
    return _ints(state)


def _ints(values):
    return jnp.asarray(np.asarray(values, np.int32))


def _floats(values):
    return jnp.asarray(np.asarray(values, np.float32))


def _require_countable(pieces, vocab_size, order):
    """Raise ValueError if n-grams cannot be counted with these arguments.

    `vocab_size` and `order` must be 1 or more, and every id must be from 0 to
    `vocab_size` - 1.
    """
    for name, value in (("vocab_size", vocab_size), ("order", order)):
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be at least 1")
    for number, piece in enumerate(pieces):
        wrong = piece[(piece < 0) | (piece >= vocab_size)]
        if wrong.size:
            raise ValueError(
                f"piece {number} holds the id {wrong[0]}; ids must be from 0 to "
                f"{vocab_size - 1}"
            )
