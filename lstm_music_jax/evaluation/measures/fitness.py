"""Fitness of segments: the degree to which a piece consists of repeats of a segment.

A piece is divided into frames of equal length, such as quarter notes. A segment is a
range of successive frames. Entry [i, j] of the self-similarity matrix says how alike
frames i and j are.

A path marks a repetition of a segment. It is a roughly diagonal sequence of cells of
the matrix, from the segment's first column to its last. A path covers the frames from
its first row to its last. A path family is a set of paths that share no row. The best
family of a segment has the largest sum of similarities.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

# A block with segments of several lengths needs at most this many sums per row of the
# matrix, because that many fit into the cache of a processor.
_BLOCK = 2**16


def fitness(
    similarity: Float[np.ndarray, "n n"], shortest: int = 1, longest: int | None = None
) -> Float[np.ndarray, "lengths n"]:
    """The fitness scape plot: a value in [0, 1) for each segment.

    The columns of the matrix that belong to a segment are searched for paths. A path
    leads from the segment's first column to its last by moves of (1, 1), (2, 1) or
    (1, 2) cells, and marks a repetition of the segment at half to double speed. A path
    family holds paths that share no row. The best family has the largest sum of
    similarities. The fitness is the harmonic mean of its normalised score and coverage,

        score = (sum of similarities - length) / (number of cells of the paths)
        coverage = (frames covered by the paths - length) / n

    The length is subtracted, because each segment repeats itself trivially. Differences
    below 0 count as 0.

    Segments of similar lengths are computed together, row by row of the matrix. All
    segments of n frames take about n^4 / 2 operations.

    Args:
      similarity: the self-similarity matrix: at most 1, exactly 1 on the diagonal,
        negative where frames differ.
      shortest: length of the shortest segments, in frames.
      longest: length of the longest segments; None for the whole piece.

    Returns:
      Entry [i, j] is the fitness of the segment of length `shortest` + i that starts at
      frame j; 0 where the segment would end beyond the piece.

    Raises:
      ValueError: `shortest` is below 1.

    References:
      Müller, Grosche & Jiang 2011, A Segment-Based Fitness Measure for Capturing
      Repetitive Structures of Music Recordings.
      Müller 2015, Fundamentals of Music Processing, section 4.3.
    """
    size = len(similarity)
    longest = size if longest is None else min(longest, size)
    if shortest < 1:
        raise ValueError(f"shortest is {shortest}; it must be 1 frame or more")
    result = np.zeros((max(longest - shortest + 1, 0), size))
    for starts, lengths in _blocks(size, shortest, longest):
        total, cells, covered = _best_families(similarity, starts, lengths)
        score = np.maximum(total - lengths, 0) / cells
        coverage = np.maximum(covered - lengths, 0) / size
        both = score + coverage
        mean = 2 * score * coverage / np.where(both > 0, both, 1)
        result[lengths - shortest, starts] = mean
    return result


def _blocks(
    size: int, shortest: int, longest: int
) -> Iterator[tuple[Int[np.ndarray, "g"], Int[np.ndarray, "g"]]]:
    """Yield the starts and lengths of all segments, in blocks of similar lengths.

    The unit is a frame. `size` is the number of frames of the piece. `shortest` and
    `longest` are the lengths of the shortest and of the longest segments.
    """
    length = shortest
    while length <= longest:
        starts, lengths = [], []
        segments = 0
        while length <= longest and (
            not segments or (segments + size - length + 1) * length <= _BLOCK
        ):
            starts.append(np.arange(size - length + 1))
            lengths.append(np.full(size - length + 1, length))
            segments += size - length + 1
            length += 1
        yield np.concatenate(starts), np.concatenate(lengths)


def _best_families(
    similarity: Float[np.ndarray, "n n"],
    starts: Int[np.ndarray, "g"],
    lengths: Int[np.ndarray, "g"],
) -> tuple[Float[np.ndarray, "g"], Int[np.ndarray, "g"], Int[np.ndarray, "g"]]:
    """Find the best path family of each segment: the best set of its repetitions.

    Args:
      similarity: the self-similarity matrix.
      starts: the first frame of each segment.
      lengths: the length of each segment, in frames.

    Returns:
      For each segment, the sum of similarities of the best path family, the number of
      its cells, and the number of frames that it covers.
    """
    size, widest = len(similarity), lengths.max()
    every, last = np.arange(len(starts)), lengths - 1
    # No path uses cells beyond the last column of a segment, so any value will do
    # there.
    columns = np.minimum(starts[:, None] + np.arange(widest), size - 1)
    # path[n + 2] holds, for each cell of row n, the best sum of a path up to the cell
    # and of the whole paths above it. Two rows of -inf stand for the rows before row 0.
    path = np.full((size + 2, len(starts), widest), -np.inf, np.float32)
    # between[n] is the best sum of whole paths that end above row n.
    between = np.zeros((size + 1, len(starts)), np.float32)
    for row in range(size):
        above, two_above, here = path[row + 1], path[row], path[row + 2]
        if row:
            np.maximum(between[row - 1], above[every, last], out=between[row])
        here[:, 0] = between[row]
        np.maximum(above[:, :-1], two_above[:, :-1], out=here[:, 1:])
        np.maximum(here[:, 2:], above[:, :-2], out=here[:, 2:])
        here += similarity[row].astype(np.float32)[columns]
    between[size] = np.maximum(between[size - 1], path[size + 1][every, last])
    return between[size].astype(float), *_followed_back(path, between, last)


def _followed_back(
    path: Float[np.ndarray, "rows g widest"],
    between: Float[np.ndarray, "ends g"],
    last: Int[np.ndarray, "g"],
) -> tuple[Int[np.ndarray, "g"], Int[np.ndarray, "g"]]:
    """For each segment, count the cells and covered frames of its best path family.

    Dynamic programming over the rows of the matrix has found the largest sums of
    similarities. This function traces each family back, from the last row to the first.

    Args:
      path: entry [n + 2, g, c] is the largest sum for segment g if a path has reached
        the cell in row n of the matrix and in column c of the segment. It includes
        the sums of the paths that end above this path. The first two rows are -inf.
      between: entry [n, g] is the largest sum for segment g over sets of paths that end
        above row n.
      last: the last column of each segment, counted from its first.
    """
    every = np.arange(len(last))
    cells, covered = np.zeros(len(last), int), np.zeros(len(last), int)
    row = np.full(len(last), len(between) - 1)
    column = np.full(len(last), -1)
    while True:
        # A column of -1 means that the trace is between two paths. It then goes up one
        # row, and enters the path that ends in this row, if there is one.
        waiting = column < 0
        row = np.maximum(row - waiting, -1)
        going = row >= 0
        if not going.any():
            return cells, covered
        ends = waiting & going & (path[row + 2, every, last] >= between[row, every])
        column = np.where(ends, last, column)
        covered += ends * (row + 1)
        on_path = going & (column >= 0)
        cells += on_path
        begins = on_path & (column == 0)
        covered -= begins * row
        # The path came from one of three cells; the trace goes to the best of them.
        left, two_left = np.maximum(column - 1, 0), np.maximum(column - 2, 0)
        diagonal = path[row + 1, every, left]
        two_up = path[row, every, left]
        two_aside = np.where(column > 1, path[row + 1, every, two_left], -np.inf)
        from_two_up = (two_up > diagonal) & (two_up >= two_aside)
        from_two_aside = (two_aside > diagonal) & ~from_two_up
        goes_on = on_path & ~begins
        row -= goes_on * (1 + from_two_up)
        column -= goes_on * (1 + from_two_aside)
        column[begins] = -1
