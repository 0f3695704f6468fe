"""The base class of music strategies, which finds the pitches that symbols play."""

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.pytrees import static
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Bool


class MusicStrategy(Strategy):
    """Base class of strategies that know the pitches of symbols.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
    """

    permutation_equivariant = False
    vocabulary: Vocabulary = static(repr=False)
    encoding: Encoding = static()

    def check_vocabulary(self, vocab_size: int) -> None:
        """Raise ValueError unless the vocabulary has `vocab_size` symbols."""
        if len(self.vocabulary.symbols) != vocab_size:
            raise ValueError(
                f"vocabulary of {type(self).__name__} has "
                f"{len(self.vocabulary.symbols)} symbols; it must be the model's, "
                f"which has {vocab_size}"
            )

    def struck(self) -> Bool[np.ndarray, "v pitches"]:
        """Return a mask of the MIDI pitches, 0 to 127, that each symbol strikes.

        Raises:
            ValueError: no symbol strikes a pitch.
        """
        symbols = self.vocabulary.symbols
        struck = np.zeros((len(symbols), HIGHEST_PITCH + 1), bool)
        for row, symbol in zip(struck, symbols, strict=True):
            row[[*self.encoding.pitches(symbol)]] = True
        if not struck.any():
            raise ValueError(
                f"encoding of {type(self).__name__} is {self.encoding}; no symbol of "
                "the vocabulary sounds in it"
            )
        return struck
