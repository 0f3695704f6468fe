"""Searches the training pieces of a run for passages that its pieces have copied.

A run is a trained model; its pieces are those that it has generated.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sources import silent_dataset_of_run

from lstm_music_jax import Dataset, Run, Sample
from lstm_music_jax.evaluation.measures.copying import CopyIndex, human_copy_length
from lstm_music_jax.music.transposition import HALF_OCTAVE, transposition_table
from lstm_music_jax.system.printable import printable
from lstm_music_jax.training.baselines import evenly_chosen, spacing

# The most symbols of training pieces that are searched for a report. A search of
# 150,000 symbols takes a second.
_MOST_SEARCHED = 2**18
_MOST_HUMAN = 2**16
# A corpus of more pieces is not loaded for a report.
_MOST_PIECES = 10_000
# Passages of so many notes count as copied if no human pieces say how long they are.
_NOTES = 16


class CopySearch(NamedTuple):
    """An index of training pieces, and what counts as copied.

    Attributes:
        index: finds copied passages, also transposed ones.
        k: length of the shortest passage that counts as copied, in symbols.
        names: the names of the training pieces in the index.
        text: a text for a report that says what was searched, and what counts.
    """

    index: CopyIndex
    k: int
    names: Sequence[str]
    text: str


def copy_search(run: Run, data: Dataset) -> CopySearch:
    """Index the training pieces of a run, or evenly chosen ones if there are many."""
    training, names = searched(data, _MOST_SEARCHED)
    table = transposition_table(run.vocabulary, run.encoding, HALF_OCTAVE)
    index = CopyIndex(list(training), table)
    human = [
        Sample(run.vocabulary.without_markers(ids))
        for ids in evenly_chosen(data.validation, _MOST_HUMAN)
    ]
    if human:
        k = human_copy_length(index, human)
        reason = "only one held-out piece in twenty has such a passage"
    else:
        k = _NOTES * run.encoding.symbols_per_note
        reason = "this length was chosen because no pieces were held out"
    text = search_text(k, reason, len(training), len(data.train))
    return CopySearch(index, k, names, text)


def search_text(k: int, reason: str, searched: int, training: int) -> str:
    """Return a text for a report that says what was searched, and what counts.

    Args:
        k: length of the shortest passage that counts as copied, in symbols.
        reason: why it is this length.
        searched: number of training pieces that were searched.
        training: number of training pieces.
    """
    return (
        "An outlined passage also occurs in a training piece, at the same pitch or up "
        f"to {HALF_OCTAVE} semitones higher or lower. It has {k} symbols or more; "
        f"{reason}. {searched} of {training} training pieces were searched."
    )


def copy_search_of_run(run: Run) -> CopySearch | str:
    """Return the search in a run's corpus, or a sentence on why there is none."""
    because = "The pieces were not searched for copied passages, because"
    pieces = run.settings["corpus"].get("pieces", 0)
    if pieces > _MOST_PIECES:
        return (
            f"{because} the corpus has {pieces} pieces, and more than {_MOST_PIECES} "
            "are not loaded for a report."
        )
    try:
        data = silent_dataset_of_run(run.settings)
    except (ValueError, OSError) as error:
        return f"{because} the corpus cannot be loaded again: {printable(error)}."
    return copy_search(run, data)


def searched(data: Dataset, most: int) -> tuple[Sequence[np.ndarray], Sequence[str]]:
    """Return evenly chosen training pieces and their names.

    So many are chosen that they have about `most` symbols in all.
    """
    names = data.train_names or [
        f"training piece {number}" for number in range(len(data.train))
    ]
    chosen = names[:: spacing(data.train, most)]
    return evenly_chosen(data.train, most), [printable(name) for name in chosen]
