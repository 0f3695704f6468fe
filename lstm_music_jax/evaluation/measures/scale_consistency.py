"""Scale consistency: the share of notes that lie in the scale that fits them best.

The scales are the 12 major and the 12 natural minor ones.
"""

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.notes import notes_of

_MAJOR = [0, 2, 4, 5, 7, 9, 11]
# Row r is the major scale on pitch class r. The natural minor scale on r + 9 has the
# same pitch classes.
_SCALES = np.zeros((12, 12), int)
for _root in range(12):
    _SCALES[_root, [(_root + _step) % 12 for _step in _MAJOR]] = 1


def scale_consistency() -> PieceMeasure:
    """The largest share of notes that belong to one major or natural minor scale.

        SC = max over the 24 scales of (notes in the scale) / (notes)

    NaN for a piece without notes.

    References:
      Dong et al. 2020, MusPy, https://arxiv.org/abs/2008.01951.
      Mogren 2016, C-RNN-GAN, https://arxiv.org/abs/1611.09904.
    """

    def function(sample: Sample) -> float:
        pitches = notes_of(sample.score).pitches
        if not len(pitches):
            return float("nan")
        histogram = np.bincount(pitches % 12, minlength=12)
        return float((_SCALES @ histogram).max() / len(pitches))

    return PieceMeasure(
        name="scale consistency",
        unit="",
        source="Dong et al. 2020, MusPy, arXiv 2008.01951",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=SHARE,
        function=function,
    )
