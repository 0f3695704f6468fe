"""The origin of a piece: the arguments with which `compose` draws it again."""

from typing import NamedTuple

import numpy as np

from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.protocols import Context
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Int, PRNGKey


class Origin(NamedTuple):
    """How a piece was drawn: what `redraw` needs, beside the run, to draw it again.

    Attributes:
        prompt: the symbol ids that the piece continues, int32.
        key: the random key of the batch.
        stream: number of the piece within its batch.
        streams: number of pieces in the batch.
        strategy: this and all further attributes are the arguments of `compose` that
            have the same names.
    """

    prompt: Int[np.ndarray, "p"]
    key: PRNGKey
    stream: int
    streams: int
    strategy: Strategy
    context: Context
    draw: Draw
    decoder: Decoder | None
    notes: int | None
    length: int | None
    keep_primer: bool
    until_end: bool
    ill_formed: bool
    unseen: bool
