"""Tempo maps: the time in seconds of each tick of a score."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lstm_music_jax.music.score import Tempo

DEFAULT_TEMPO = 120.0
MICROSECONDS_PER_MINUTE = 60_000_000


class TempoMap:
    """Turns ticks into seconds, for a score whose tempo may change.

    >>> TempoMap([Tempo(960, 60.0)], ticks_per_quarter=480).seconds([480, 960, 1440])
    array([0.5, 1. , 2. ])
    """

    def __init__(self, tempos: Iterable[Tempo], ticks_per_quarter: int):
        """Make the tempo map of a score.

        Args:
            tempos: the changes of tempo, in the order of time. Until the first one, the
                tempo is 120.
            ticks_per_quarter: number of ticks per quarter note.
        """
        table = [(0, DEFAULT_TEMPO), *tempos]
        self._ticks = np.array([tick for tick, _ in table], np.int64)
        tempo = np.array([quarters for _, quarters in table], np.float64)
        self._seconds_per_tick = 60 / (tempo * ticks_per_quarter)
        lasts = np.diff(self._ticks) * self._seconds_per_tick[:-1]
        self._seconds = np.concatenate([[0.0], np.cumsum(lasts)])

    def seconds(self, ticks) -> np.ndarray:
        """Return the times of ticks, in seconds from the start, float64 `[n]`."""
        ticks = np.asarray(ticks)
        place = np.searchsorted(self._ticks, ticks, side="right") - 1
        since = ticks - self._ticks[place]
        return self._seconds[place] + since * self._seconds_per_tick[place]
