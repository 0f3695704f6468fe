"""A small piano roll for notebooks: a vector graphic of a few bytes per note."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from lstm_music_jax.music.score import Score
from lstm_music_jax.report.svg import LINE, framed

# Quarters per row, unless the music is too long for so many rows.
_QUARTERS, _MOST_ROWS = 64, 8
# Widths and heights, in pixels.
_WIDTH, _KEYS, _SEMITONE, _GAP = 900, 30, 3, 8
_UNKNOWN = "#9aa3b2"
# The light part of viridis, as in the report.
_SCALE = ("#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")


def small_roll(
    score: Score, surprisal: Float[np.ndarray, "notes"] | None = None
) -> bytes:
    """Return a piano roll of a score, as SVG.

    Args:
        score: the music; it must have at least one note.
        surprisal: the surprisal of each note, nats, which colours it; NaN where it is
            not known. By default all notes have one colour.
    """
    notes, per_row = score.table, _ticks_per_row(score)
    low, high = int(notes.pitches.min()) - 1, int(notes.pitches.max()) + 1
    row_height = _SEMITONE * (high - low + 1)
    ends = notes.onsets + notes.durations
    colours = _colours(surprisal, len(notes.onsets))
    parts = []
    rows = -(-score.end // per_row)
    for row in range(rows):
        begin, end = row * per_row, (row + 1) * per_row
        seen = (notes.onsets < end) & (ends > begin)
        # Within this group, a unit is a tick to the right, and a semitone upwards.
        top = _GAP + row * (row_height + _GAP)
        width = (_WIDTH - _KEYS) / per_row
        parts.append(
            f'<g transform="translate({_KEYS} {top + row_height}) '
            f'scale({width:.6g} -{_SEMITONE}) translate({-begin} {0.5 - low})">'
        )
        octaves = range(12 * -(-low // 12), high + 1, 12)
        lines = "".join(f"M{begin} {pitch}H{end}" for pitch in octaves)
        parts.append(f'<path d="{lines}" stroke="{LINE}" stroke-width=".2"/>')
        for colour in dict.fromkeys(colours[seen].tolist()):
            of_colour = np.flatnonzero(seen & (colours == colour))
            bars = zip(
                np.maximum(notes.onsets[of_colour], begin).tolist(),
                notes.pitches[of_colour].tolist(),
                np.minimum(ends[of_colour], end).tolist(),
                strict=True,
            )
            path = "".join(f"M{first} {pitch}H{last}" for first, pitch, last in bars)
            parts.append(f'<path d="{path}" stroke="{colour}" stroke-width=".8"/>')
        parts.append("</g>")
        parts += _names(octaves, top + row_height, low)
    height = _GAP + rows * (row_height + _GAP)
    return framed(_WIDTH, height, 9, parts)


def scale_top(surprisal: Float[np.ndarray, "notes"]) -> int:
    """Return the surprisal at which the scale of colours ends, in whole nats.

    A note with this surprisal or more gets the last colour, yellow. The end is chosen
    so that at most about 3% of the notes have more. It is never below 1.

    Args:
        surprisal: the surprisal of each note, nats; NaN where it is not known.
    """
    known = np.sort(surprisal[~np.isnan(surprisal)])
    if not len(known):
        return 1
    return max(1, int(np.ceil(known[int(0.97 * (len(known) - 1))])))


def _ticks_per_row(score: Score) -> int:
    usual = _QUARTERS * score.ticks_per_quarter
    return min(max(usual, -(-score.end // _MOST_ROWS)), score.end)


def _colours(surprisal, count):
    if surprisal is None:
        return np.full(count, _SCALE[3])
    shares = np.clip(np.nan_to_num(surprisal) / scale_top(surprisal), 0, 1)
    places = np.round(shares * (len(_SCALE) - 1)).astype(int)
    return np.where(np.isnan(surprisal), _UNKNOWN, np.array(_SCALE)[places])


def _names(octaves: Iterable[int], bottom: float, low: int) -> list[str]:
    """Return SVG that writes the names of the notes C, such as "C4", at the left.

    Long music takes several rows, one below the other. In a row, a horizontal line
    marks each C. The result is for one row: its names, each beside its line.

    Args:
        octaves: the MIDI pitches of the Cs in the row.
        bottom: the lower edge of the row, in pixels from the top of the picture.
        low: the MIDI pitch at the lower edge of the row.
    """
    return [
        f'<text x="4" y="{bottom - _SEMITONE * (pitch - low) + 1.5:g}">'
        f"C{pitch // 12 - 1}</text>"
        for pitch in octaves
    ]
