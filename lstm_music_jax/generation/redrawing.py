"""Replays how a piece was drawn, to see how close other symbols came to being drawn.

A replay draws the piece again with the same noise, so the same symbols result, unless
rounding decides. The scores at a position of the piece say how close each symbol of the
vocabulary came to being drawn there. The origin of a piece holds the arguments with
which `compose` drew it. A draw is the rule that picks a symbol from the logits.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.arguments import BatchPart
from lstm_music_jax.generation.composition import Composition, Run, compose
from lstm_music_jax.generation.draws import Draw, Gumbel, gumbel
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.generation.origin import Origin
from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Float, Int, Logits, PRNGKey, PyTree, Token

# With 16 rows, a CPU rounds most batches as when they were drawn (jax 0.10.2).
_ROWS = 16


class Scores(NamedTuple):
    """How close each symbol came to being drawn at one position of a piece.

    Both arrays have one entry per symbol of the vocabulary.

    Attributes:
        log_probs: log-probabilities in the distribution that was drawn from, nats.
        perturbed: `log_probs` plus the Gumbel noise. The symbol with the largest sum is
            drawn. None unless the draw is `Gumbel`.
    """

    log_probs: Float[np.ndarray, "v"]
    perturbed: Float[np.ndarray, "v"] | None


def redraw(run: Run, origin: Origin, strategy: Strategy | None = None) -> Composition:
    """Draw a piece again with the same noise, without the other pieces of its batch.

    With the same model and strategy, the symbols are the same, except where rounding
    decides, because a batch of another size may be rounded differently. On a CPU, 16
    pieces of 600 symbols each, from batches of 16, 33, 64 and 200 pieces, all came out
    the same, with float32 and with bfloat16 (layers of 512 and 256 units).

    Args:
        run: the model that drew the piece, its vocabulary and its encoding.
        origin: how the piece was drawn.
        strategy: another strategy, to find out what it does with the same noise. By
            default, the strategy of the piece.

    Raises:
        ValueError, RuntimeError: wherever `compose` raises it.
    """
    prompts, part = _rows(origin)
    piece, *_ = compose(
        run,
        prompts,
        origin.key,
        notes=origin.notes,
        length=origin.length,
        strategy=origin.strategy if strategy is None else strategy,
        context=origin.context,
        draw=origin.draw,
        decoder=origin.decoder,
        part=part,
        devices=jax.local_devices()[:1],
        keep_primer=origin.keep_primer,
        until_end=origin.until_end,
        ill_formed=origin.ill_formed,
        unseen=origin.unseen,
    )
    return piece


def scores_after(run: Run, origin: Origin, drawn: Int[np.ndarray, "n"]) -> Scores:
    """Return how close each symbol came to being drawn after the first n symbols.

    Args:
        run: the model that drew the piece, its vocabulary and its encoding.
        origin: how the piece was drawn.
        drawn: the ids of the first n drawn symbols, without the prompt.

    Raises:
        ValueError: a decoder drew the piece, so other members of the population decided
            as well.
    """
    if origin.decoder is not None:
        raise ValueError(
            f"decoder of the origin is {origin.decoder}; it must be None, because the "
            "symbols of a population depend on all its members"
        )
    forbidding = masks(
        run.vocabulary,
        run.encoding,
        stop=run.vocabulary.end_id if origin.until_end else None,
        ill_formed=origin.ill_formed,
        unseen=origin.unseen,
    )
    # The token after the last one is not used.
    tokens = jnp.asarray([*drawn, 0], jnp.int32)
    prompts, part = _rows(origin)
    streams = generate(
        run.model,
        prompts,
        origin.key,
        length=len(tokens),
        strategy=Chain(*forbidding, origin.strategy),
        context=origin.context,
        draw=_Given(origin.draw, tokens, len(run.vocabulary)),
        part=part,
        devices=jax.local_devices()[:1],
    ).streams
    state = jax.tree.map(lambda leaf: np.asarray(leaf[0]), streams.state.draw_state)
    return Scores(state.log_probs, state.perturbed)


def _rows(origin: Origin) -> tuple[Int[Array, "b p"], BatchPart]:
    """Return the prompts and the part of a batch that draw one piece in equal rows.

    A single row would not do: XLA rounds the matrix products of a small batch
    differently from those of a large one. There are 16 rows, or with a decoder so many
    that their populations have 16 members or more together. If the batch of the piece
    had fewer rows, there are as many as it had.

    Returns:
        The prompts: that of the piece, once per row.
        The part of the batch: the number of the piece within its batch, once per row.
    """
    members = 1 if origin.decoder is None else origin.decoder.members
    rows = min(origin.streams, -(-_ROWS // members))
    prompts = jnp.tile(jnp.asarray(origin.prompt)[None], (rows, 1))
    return prompts, BatchPart((origin.stream,) * rows, origin.streams)


class _GivenState(NamedTuple):
    """The state of a draw that returns given symbols in order.

    Attributes:
        place: number of symbols returned so far.
        inner: the state of the draw with which the piece was drawn.
        log_probs: the log-probability of each symbol of the vocabulary at the position
            of the symbol returned last, nats; 0 before the first symbol.
        perturbed: `log_probs` plus the Gumbel noise; None unless the draw is `Gumbel`.
    """

    place: Int[Array, ""]
    inner: PyTree
    log_probs: Float[Array, "v"]
    perturbed: Float[Array, "v"] | None


@pytree
class _Given:
    """A draw that returns given symbols, and keeps the scores of all symbols.

    At each position, the inner draw also picks a symbol. This updates the state of the
    inner draw, but the symbol is ignored. The state is right as long as each ignored
    symbol equals the given one.

    Attributes:
        inner: the draw with which the piece was drawn.
        tokens: the ids of the given symbols, in order.
        vocab_size: number of symbols in the vocabulary.
    """

    inner: Draw
    tokens: Int[Array, "n"]
    vocab_size: int = static()

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> _GivenState:
        """Return the state before the first symbol."""
        scores = jnp.zeros(self.vocab_size)
        return _GivenState(
            jnp.int32(0),
            self.inner.init(key, stream, streams),
            scores,
            scores if isinstance(self.inner, Gumbel) else None,
        )

    def draw(
        self, logits: Logits, state: _GivenState, key: PRNGKey
    ) -> tuple[Token, _GivenState]:
        """Return the next given symbol, and a state with the scores at its position."""
        _, inner = self.inner.draw(logits, state.inner, key)
        log_probs, perturbed = jax.nn.log_softmax(logits), None
        if isinstance(self.inner, Gumbel):
            perturbed = log_probs + gumbel(key, logits.size)
        token = self.tokens[state.place]
        return token, _GivenState(state.place + 1, inner, log_probs, perturbed)
