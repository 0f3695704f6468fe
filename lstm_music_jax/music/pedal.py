"""Lengthens notes by the sustain pedal: a released note sounds while it is down."""

from __future__ import annotations

import numpy as np

from lstm_music_jax.music.score import Pedal, Track


def sustained_ends(track: Track, pedals: tuple[Pedal, ...]) -> np.ndarray:
    """Return the tick at which each note of a track stops sounding, int64 `[n]`.

    A note that ends while the pedal of its channel is down sounds until the pedal comes
    up. If the pedal never comes up, the note is not prolonged.

    Args:
        track: `n` notes.
        pedals: the pedal movements of the piece, in the order of time.
    """
    ends = track.notes.onsets + track.notes.durations
    for channel in np.unique(track.channels).tolist():
        own = [pedal for pedal in pedals if pedal.channel == channel]
        if not own:
            continue
        ticks = np.array([pedal.tick for pedal in own], np.int64)
        down = np.array([pedal.down for pedal in own])
        # For each pedal event, find the first pedal-up event from there on.
        ups = np.where(down, len(own), np.arange(len(own)))
        next_up = np.minimum.accumulate(ups[::-1])[::-1]
        notes = np.flatnonzero(track.channels == channel)
        latest = np.searchsorted(ticks, ends[notes], side="right") - 1
        held = (latest >= 0) & down[latest] & (next_up[latest] < len(own))
        ends[notes[held]] = ticks[next_up[latest[held]]]
    return ends
