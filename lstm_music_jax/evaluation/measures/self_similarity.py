"""Self-similarity matrices, which show the moments of a piece that sound alike.

A piece is divided into frames of equal length, such as quarter notes. The chroma of a
frame says how long each pitch class sounds in it.
"""

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.measures.notes import notes_of
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Score

PENALTY = -2.0


def chroma(
    score: Score, frame: int = TICKS_PER_QUARTER
) -> Float[np.ndarray, "frames 12"]:
    """The duration of each pitch class in each frame, scaled to rows of norm 1.

    A silent frame is a row of zeros.

    Args:
      score: the piece.
      frame: length of a frame, in ticks of 1/12 quarter note; by default a quarter.
    """
    notes = notes_of(score)
    frames = -(-score.on_grid(TICKS_PER_QUARTER).end // frame)
    changes = np.zeros((frames * frame + 1, 12))
    np.add.at(changes, (notes.onsets, notes.pitches % 12), 1)
    np.add.at(changes, (notes.onsets + notes.durations, notes.pitches % 12), -1)
    sounding = np.cumsum(changes, axis=0)[:-1].reshape(frames, frame, 12).sum(axis=1)
    norms = np.linalg.norm(sounding, axis=1, keepdims=True)
    return sounding / np.where(norms > 0, norms, 1)


def self_similarity(
    features: Float[np.ndarray, "frames 12"], smoothing: int = 4, kept: float = 0.25
) -> Float[np.ndarray, "frames frames"]:
    """The similarity of each pair of frames: 0 to 1 if they are alike, else `PENALTY`.

    `features` holds the chroma of each frame.

    1. The cosine similarity is averaged along diagonals over `smoothing` frames,
       so that passages are compared and not single frames. At the end of the piece
       there are fewer frames.
    2. One of the two passages is transposed by 0 to 11 semitones; the largest of the
       twelve similarities is taken.
    3. The largest values, a share `kept` of all (more if there are ties), are scaled to
       [0, 1]. If they are all equal, they become 1. All others become `PENALTY`. The
       diagonal is 1.

    References:
      Müller & Clausen 2007, Transposition-Invariant Self-Similarity Matrices.
      Müller 2015, Fundamentals of Music Processing, section 4.2.
    """
    size = len(features)
    if not size:
        return np.zeros((0, 0))
    result = np.full((size, size), -np.inf)
    count = _smoothed(np.ones((size, size)), smoothing)
    for shift in range(12):
        similarity = features @ np.roll(features, shift, axis=1).T
        np.maximum(result, _smoothed(similarity, smoothing) / count, out=result)
    # Rounding makes the matrix slightly asymmetric.
    result = np.maximum(result, result.T)
    threshold = np.quantile(result, 1 - kept)
    highest = result.max()
    scale = highest - threshold
    positive = (result - threshold) / scale if scale > 0 else np.ones_like(result)
    result = np.where(result >= threshold, positive, PENALTY)
    np.fill_diagonal(result, 1)
    return result


def _smoothed(
    matrix: Float[np.ndarray, "frames frames"], smoothing: int
) -> Float[np.ndarray, "frames frames"]:
    """The sum of each cell and the next `smoothing` - 1 cells on its diagonal.

    At the border of the matrix there are fewer cells.
    """
    size = len(matrix)
    result = matrix.copy()
    for ahead in range(1, min(smoothing, size)):
        result[: size - ahead, : size - ahead] += matrix[ahead:, ahead:]
    return result
