"""Reads a MIDI file as a score, note by note as it was played."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from lstm_music_jax.music.instruments import PROGRAM_CHANGE
from lstm_music_jax.music.midi.tracks import (
    CONTROL_CHANGE,
    NOTE_ON,
    TrackEvents,
    UnreadableMidiError,
    read_midi_tracks,
)
from lstm_music_jax.music.score import HIGHEST_VELOCITY, Notes, Pedal, Score, Track

MAX_NOTES = 100_000
MAX_NOTES_AT_ONCE = 256
MAX_QUARTERS = 20_000
_AT_ONCE_PER_QUARTER = 16
_PITCHES, _CHANNELS = 128, 16


def read_midi(path: str | Path) -> Score:
    """Return the score of a MIDI file of format 0 or 1, in the file's ticks.

    A note lasts from its note-on to a note-off of its pitch and channel: the first
    note-off that does not end an earlier note of the track. A note without an end is
    left out, and `Score.endless` counts it.

    Raises:
        UnreadableMidiError: the file is not MIDI of format 0 or 1, is damaged, or
            exceeds a limit. The message is one line.
        OSError: the file cannot be read.
    """
    midi = read_midi_tracks(Path(path))
    tracks, endless = [], 0
    pedals: list[Pedal] = []
    for events in midi.tracks:
        ticks = np.array(events.ticks, np.int64)
        messages = np.array(events.messages, np.int64)
        track, left_out = _track(ticks, messages, events)
        tracks.append(track)
        endless += left_out
        pedals += _pedals(ticks, messages)
    _check_size(tracks, midi.ticks_per_quarter)
    return Score(
        tuple(tracks),
        midi.ticks_per_quarter,
        _in_time(events.tempos for events in midi.tracks),
        _in_time(events.metres for events in midi.tracks),
        tuple(sorted(pedals, key=lambda pedal: pedal.tick)),
        endless=endless,
    )


def _in_time(events: Iterable[Iterable]) -> tuple:
    """Return the changes of all tracks in the order of time.

    If several changes have the same tick, only the last one is kept.

    Args:
        events: the changes of each track. All of them are changes of tempo, or all are
            changes of metre.
    """
    ordered = sorted(chain.from_iterable(events), key=lambda event: event.tick)
    return tuple({event.tick: event for event in ordered}.values())


def _track(
    ticks: np.ndarray, messages: np.ndarray, events: TrackEvents
) -> tuple[Track, int]:
    """Return the notes of a track, and the number of notes that never end.

    Args:
        ticks: the time of each message, in ticks of the file, `[n]`.
        messages: the MIDI messages of the track, `[n]`. Each is one number: status
            times 65,536, plus first data byte times 256, plus second data byte.
        events: all events of the track.
    """
    are_notes = messages >> 20 <= NOTE_ON >> 4
    times, notes = ticks[are_notes], messages[are_notes]
    channels = (notes >> 16 & 0xF) + 1
    # Damaged files have velocities above 127.
    velocities = np.minimum(notes & 0xFF, HIGHEST_VELOCITY)
    pitches = notes >> 8 & 0xFF
    strikes = (notes >> 20 == NOTE_ON >> 4) & (velocities > 0)
    begins, ends = _paired(channels * _PITCHES + pitches, strikes)
    onsets = times[begins]
    table = Notes(onsets, pitches[begins], times[ends] - onsets, velocities[begins])
    where = np.flatnonzero(are_notes)[begins]
    programs = _programs(messages, where)
    changes = tuple(events.changes)
    track = Track(table, channels[begins], programs, changes)
    return track, int(strikes.sum()) - len(begins)


def _paired(keys: np.ndarray, strikes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the note-on and of the note-off of each note that ends.

    Notes are in the order of their note-ons. For each channel and pitch, the first
    note-on belongs to the first note-off after it, the second note-on to the next
    note-off, and so on. All other note-offs are ignored. A note-on that is left without
    a note-off is not in the result.

    Args:
        keys: channel times 128, plus pitch, of each note-on and note-off, `[n]`.
        strikes: whether each event is a note-on, `[n]`.
    """
    order = np.argsort(keys, kind="stable")
    keys, strikes = keys[order], strikes[order]
    firsts = np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]
    group = np.cumsum(firsts) - 1
    steps = np.where(strikes, 1, -1)
    walk = np.cumsum(steps)
    # A walk that begins at 0 for each key, and the lowest point that it has reached.
    base = (walk - steps)[firsts][group] if len(keys) else walk
    walk = walk - base
    # Each key lies below all earlier ones, so that one running minimum serves all.
    drop = group * (2 * len(keys) + 2)
    lowest = np.minimum.accumulate(np.minimum(walk, 0) - drop) + drop
    before = np.where(firsts, 0, np.concatenate([[0], lowest[:-1]])[: len(keys)])
    counts = ~strikes & (walk >= before)
    begins, begin_groups = order[strikes], group[strikes]
    ends, end_groups = order[counts], group[counts]
    # The n-th note-off of a key belongs to its n-th note-on.
    groups = int(group[-1]) + 1 if len(keys) else 0
    begin_rank = _rank(begin_groups, groups)
    has_end = begin_rank < np.bincount(end_groups, minlength=groups)[begin_groups]
    begins = begins[has_end]
    in_order = np.argsort(begins)
    return begins[in_order], ends[in_order]


def _rank(groups: np.ndarray, count: int) -> np.ndarray:
    """Return the position of each element within its group, from 0, `[n]`.

    Args:
        groups: the number of the group of each element, ascending, `[n]`.
        count: number of groups.
    """
    sizes = np.bincount(groups, minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    return np.arange(len(groups)) - starts[groups]


def _programs(messages: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return the MIDI program with which each of some messages is played, `[m]`.

    It is the program of the last program change before the message on its channel. If
    there is none before, it is that of the first one after. If the track has none on
    this channel, it is 0.

    Args:
        messages: all MIDI messages of a track. Each is one number: status times 65,536,
            plus first data byte times 256, plus second data byte.
        where: the positions of `m` of the messages.
    """
    programs = np.zeros(len(where), np.int64)
    are_changes = messages >> 20 == PROGRAM_CHANGE >> 4
    if not are_changes.any():
        return programs
    for channel in range(_CHANNELS):
        changes = np.flatnonzero(are_changes & (messages >> 16 & 0xF == channel))
        own = messages[where] >> 16 & 0xF == channel
        if len(changes) and own.any():
            latest = np.searchsorted(changes, where[own]) - 1
            numbers = messages[changes] >> 8 & 0xFF
            # Notes before the first program of a channel have that program, too.
            programs[own] = numbers[np.maximum(latest, 0)]
    return programs


def _pedals(ticks: np.ndarray, messages: np.ndarray) -> list[Pedal]:
    are_pedals = np.flatnonzero(messages >> 20 == CONTROL_CHANGE >> 4)
    return [
        Pedal(tick, (message >> 16 & 0xF) + 1, message & 0xFF >= 64)
        for tick, message in zip(
            ticks[are_pedals].tolist(), messages[are_pedals].tolist(), strict=True
        )
    ]


def _check_size(tracks: Sequence[Track], ticks_per_quarter: int) -> None:
    """Raise UnreadableMidiError if there are too many notes, or the music is too long.

    `MAX_NOTES` limits the notes of all tracks. `MAX_NOTES_AT_ONCE` limits the notes of
    one track that begin within a sixteenth of a quarter note. `MAX_QUARTERS` limits the
    length of the music in quarter notes.
    """
    count, last = 0, 0
    for track in tracks:
        onsets = track.notes.onsets
        count += len(onsets)
        last = max(last, int((onsets + track.notes.durations).max(initial=0)))
        distances = onsets[MAX_NOTES_AT_ONCE:] - onsets[:-MAX_NOTES_AT_ONCE]
        if (distances * _AT_ONCE_PER_QUARTER <= ticks_per_quarter).any():
            raise UnreadableMidiError(f"more than {MAX_NOTES_AT_ONCE} notes at once")
    if count > MAX_NOTES:
        raise UnreadableMidiError(f"{count} notes, more than {MAX_NOTES}")
    if last > MAX_QUARTERS * ticks_per_quarter:
        quarters = last // ticks_per_quarter
        raise UnreadableMidiError(f"{quarters} quarters long, more than {MAX_QUARTERS}")
