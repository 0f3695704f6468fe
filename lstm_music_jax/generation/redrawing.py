"""Draws a piece again from its origin, and says how close each symbol came."""

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
    """The figures of all symbols of the vocabulary at one position of a piece.

    Attributes:
        log_probs: log-probability in the distribution that was drawn from, nats.
        perturbed: `log_probs` plus the Gumbel noise; the largest one is drawn. None if
            the draw adds no such noise.
    """

    log_probs: Float[np.ndarray, "v"]
    perturbed: Float[np.ndarray, "v"] | None


def redraw(run: Run, origin: Origin, strategy: Strategy | None = None) -> Composition:
    """Draw a piece again, without the other pieces of its batch.

    The noise is that of the first time. With the same model, the symbols are the same,
    except where rounding decides, because a batch may be rounded differently. On a CPU,
    16 pieces of 600 symbols each, of batches of 16, 33, 64 and 200, were all the same,
    with float32 and with bfloat16 (layers of 512 and 256 units).

    Args:
        run: the model that drew the piece, its vocabulary and its encoding.
        origin: how the piece was drawn.
        strategy: another strategy, to find out what it does with the same noise.

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
    """Return the scores of the symbol that follows the first n drawn symbols.

    Args:
        run: as in `redraw`.
        origin: as in `redraw`.
        drawn: the ids of the drawn symbols that come before, without the prompt.

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
    """Return the prompt of a piece in several equal rows, and its number for each row.

    A small batch is computed by other products than a large one, with other rounding.
    So a piece of a batch is drawn several times at once. Each of the members of a
    population is one row of the products.
    """
    members = 1 if origin.decoder is None else origin.decoder.members
    rows = min(origin.streams, -(-_ROWS // members))
    prompts = jnp.tile(jnp.asarray(origin.prompt)[None], (rows, 1))
    return prompts, BatchPart((origin.stream,) * rows, origin.streams)


class _GivenState(NamedTuple):
    """The number of drawn symbols, the state of the inner draw, the latest scores."""

    place: Int[Array, ""]
    inner: PyTree
    log_probs: Float[Array, "v"]
    perturbed: Float[Array, "v"] | None


@pytree
class _Given:
    """Takes given symbols, and keeps the scores by which the inner draw would choose.

    The state of the inner draw is right as long as it would draw the given symbols.
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
        """Return the next given symbol, and the state with the scores at its place."""
        _, inner = self.inner.draw(logits, state.inner, key)
        log_probs, perturbed = jax.nn.log_softmax(logits), None
        if isinstance(self.inner, Gumbel):
            perturbed = log_probs + gumbel(key, logits.size)
        token = self.tokens[state.place]
        return token, _GivenState(state.place + 1, inner, log_probs, perturbed)
