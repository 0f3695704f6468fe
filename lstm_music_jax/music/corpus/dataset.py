"""A corpus made ready for training: a vocabulary, and the ids of each side."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.corpus.split import split
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary


@dataclass(frozen=True)
class Dataset:
    """Pieces as arrays of int32 ids, each beginning with the start symbol if any.

    The vocabulary is the whole corpus', as in the original recipe, so that no symbol
    of the validation pieces is unknown.
    """

    encoding: Encoding
    vocabulary: Vocabulary
    train: tuple[np.ndarray, ...]
    validation: tuple[np.ndarray, ...]
    description: dict

    @classmethod
    def from_corpus(
        cls,
        corpus: Corpus,
        encoding: Encoding,
        *,
        validation: float = 0.1,
        seed: int = 0,
        start: bool = True,
        origin: Any = None,
    ) -> "Dataset":
        """Split a corpus by piece and turn symbols into ids.

        Args:
            corpus: its pieces must have been encoded by `encoding`.
            encoding: goes with the run, so that what is generated can be decoded.
            validation: share of the symbols held out, in (0, 1), or 0 for none.
            seed: of the split.
            start: give each piece a start symbol, so that music can begin from none.
            origin: JSON that says how to load the corpus again; kept with the run.
        """
        vocabulary = Vocabulary.from_pieces(
            (piece.symbols for piece in corpus.pieces), start=start
        )
        train, held_out = corpus.pieces, ()
        if validation > 0:
            train, held_out = split(corpus, validation, seed)
        return cls(
            encoding,
            vocabulary,
            tuple(piece_ids(piece, vocabulary) for piece in train),
            tuple(piece_ids(piece, vocabulary) for piece in held_out),
            {
                "source": corpus.source,
                "fingerprint": corpus.fingerprint,
                "pieces": len(corpus.pieces),
                "validation": validation,
                "split_seed": seed,
                "start": start,
                "origin": origin,
            },
        )


def piece_ids(piece: Piece, vocabulary: Vocabulary) -> np.ndarray:
    """Return a piece's ids, int32, behind the start symbol where there is one."""
    ids = vocabulary.encode(piece.symbols, where=piece.name)
    if vocabulary.start_id is None:
        return ids
    return np.concatenate([np.array([vocabulary.start_id], np.int32), ids])
