"""Masks: strategies that forbid the symbols which must never be drawn.

They are applied before the strategy that the user chooses.
"""

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.music.well_formed import WellFormed
from lstm_music_jax.strategies.steering.forbid import Forbid


def masks(
    vocabulary: Vocabulary,
    encoding: Encoding,
    *,
    stop: int | None = None,
    ill_formed: bool = False,
    unseen: bool = False,
) -> tuple[Strategy, ...]:
    """Return strategies that forbid symbols which music must not have.

    They are to be applied before any other strategy. By default they forbid the start
    and the end symbol, the symbols that decoding would skip (see `WellFormed`), and
    those that the model was not trained on.

    Args:
        vocabulary: the symbols of the model.
        encoding: the encoding of the symbols.
        stop: the id of the end symbol if it may be drawn; None forbids it.
        ill_formed: let the model draw symbols that decoding will skip.
        unseen: let the model draw symbols that it was not trained on.
    """
    forbidden = [marker for marker in vocabulary.marker_ids if marker != stop]
    if not unseen:
        forbidden += vocabulary.unseen_ids
    strategies: list[Strategy] = [Forbid(forbidden)] if forbidden else []
    if not ill_formed:
        strategies.append(WellFormed(vocabulary, encoding))
    return tuple(strategies)
