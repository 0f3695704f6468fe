"""Selecting the notes of a score by track and by instrument."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lstm_music_jax.music.score import DRUM_CHANNEL, HIGHEST_PROGRAM, Score


@dataclass(frozen=True)
class Selection:
    """A choice of notes of a MIDI file, by track and by instrument.

    Attributes:
        tracks: numbers of the tracks to keep; () for all. The first track of the file
            has the number 0.
        programs: General MIDI programs to keep, 0 to 127; () for all. Drums have no
            program, so they are kept whatever is chosen here.
    """

    tracks: tuple[int, ...] = ()
    programs: tuple[int, ...] = ()

    def __post_init__(self):
        for track in self.tracks:
            if track < 0:
                raise ValueError(f"tracks holds {track}; it must be 0 or more")
        for program in self.programs:
            if not 0 <= program <= HIGHEST_PROGRAM:
                raise ValueError(
                    f"programs holds {program}; it must be 0 to {HIGHEST_PROGRAM}"
                )

    def of(self, score: Score) -> Score:
        """Return the score with only the selected notes; empty tracks are kept."""
        if not self.tracks and not self.programs:
            return score
        tracks = []
        for number, track in enumerate(score.tracks):
            chosen = np.full(len(track.channels), True)
            if self.tracks:
                chosen &= number in self.tracks
            if self.programs:
                are_drums = track.channels == DRUM_CHANNEL
                chosen &= are_drums | np.isin(track.programs, self.programs)
            tracks.append(track.where(chosen))
        return replace(score, tracks=tuple(tracks))


ALL_NOTES = Selection()
