"""A dataset: the pieces of a corpus as symbol ids, for training and for validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.music.corpus.pieces import Corpus
from lstm_music_jax.music.corpus.split import split_corpus
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary


@dataclass(frozen=True)
class Dataset:
    """Training and validation pieces as symbol ids, with vocabulary and encoding.

    The vocabulary and the encoding turn ids into music again.

    The vocabulary holds the symbols of the whole corpus. So no symbol of a validation
    piece is unknown. If the encoding lists all its symbols, the vocabulary also holds
    those that the corpus lacks, so that any music can be read; `from_corpus` can leave
    them out.

    Attributes:
        encoding: turns music into symbols and back.
        vocabulary: turns symbols into ids and back.
        train: the symbol ids of each training piece, int32 `[t]`. The start symbol
            comes first and the end symbol last, if the vocabulary has them. It is a
            `PieceIds`, which reads the array of the corpus, unless the dataset was made
            from separate arrays.
        validation: the symbol ids of each validation piece, in the same form.
        description: JSON that describes the corpus and the split.
        train_names: the name of each training piece; empty if they have no names.
        validation_names: the name of each validation piece; empty if they have none.
    """

    encoding: Encoding
    vocabulary: Vocabulary
    train: Sequence[np.ndarray]
    validation: Sequence[np.ndarray]
    description: dict
    train_names: tuple[str, ...] = ()
    validation_names: tuple[str, ...] = ()

    @classmethod
    def from_corpus(
        cls,
        corpus: Corpus,
        encoding: Encoding,
        *,
        validation: float = 0.1,
        seed: int = 0,
        start: bool = True,
        end: bool = True,
        any_key: bool = True,
        every_symbol: bool = True,
        origin: Any = None,
    ) -> "Dataset":
        """Return a dataset: the pieces of a corpus, split and turned into symbol ids.

        Args:
            corpus: pieces that `encoding` has encoded.
            encoding: the encoding of the pieces, which is kept to decode generated
                symbols.
            validation: share of the symbols to hold out, in (0, 1), or 0 for none.
            seed: the seed of the split.
            start: put a start symbol before each piece, so that a model can generate
                without given symbols.
            end: put an end symbol after each piece, so that a model learns where pieces
                end.
            any_key: pieces that share a passage stay on one side of the split; see
                `split_corpus`. With True, the passage may be transposed in one of them;
                with False, it must be equal in both. Runs of earlier versions have
                False.
            every_symbol: append to the vocabulary all symbols of the encoding that the
                corpus lacks, if the encoding lists its symbols. Runs of earlier
                versions have False.
            origin: JSON that says how to load the corpus again, kept in `description`.

        Raises:
            ValueError: `validation` is outside [0, 1), or the corpus is too small to
                split.
        """
        # The comparison is negated, so that NaN is refused too.
        if not 0 <= validation < 1:
            raise ValueError(f"validation is {validation}; it must be in [0, 1)")
        # The corpus lists its symbols in the order of a vocabulary.
        vocabulary = Vocabulary.from_pieces(
            [corpus.symbols],
            start=start,
            end=end,
            others=(encoding.symbols or ()) if every_symbol else (),
        )
        if validation > 0:
            train, held_out = split_corpus(
                corpus, encoding if any_key else None, validation, seed
            )
        else:
            train, held_out = corpus, corpus.take([])
        return cls(
            encoding,
            vocabulary,
            PieceIds.of_corpus(train, vocabulary.start_id, vocabulary.end_id),
            PieceIds.of_corpus(held_out, vocabulary.start_id, vocabulary.end_id),
            {
                "source": corpus.source,
                "fingerprint": corpus.fingerprint,
                "pieces": len(corpus.names),
                "validation": validation,
                "split_seed": seed,
                "split_in_any_key": any_key,
                "start": start,
                "end": end,
                "every_symbol": every_symbol,
                "origin": origin,
            },
            train.names,
            held_out.names,
        )
