"""Writes a score as a MusicXML file, which notation programs open, with music21."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from music21 import chord, clef, instrument, layout, metadata, note, stream, tie
from music21.key import KeySignature
from music21.meter import TimeSignature
from music21.musicxml.m21ToXml import GeneralObjectExporter
from music21.stream.makeNotation import makeTupletBrackets
from music21.tempo import MetronomeMark

from lstm_music_jax.music.midi.writing import require_tempo_and_program
from lstm_music_jax.music.notation.keys import Key, alters_of, key_of, spelled
from lstm_music_jax.music.notation.rhythm import (
    Bar,
    quarters,
    rounded,
    ticks_of,
    values,
)
from lstm_music_jax.music.notation.voices import MOST_VOICES, Sounding, voiced
from lstm_music_jax.music.score import Score, Tempo
from lstm_music_jax.music.tempo_map import DEFAULT_TEMPO
from lstm_music_jax.system.atomic_write import write_atomically, write_new

MIDDLE_C = 60


class NotationLoss(NamedTuple):
    """What a score lost when it was written in notation, in numbers of notes.

    Attributes:
        moved: notes whose begin or end was rounded.
        merged: notes that were left out, because rounding gave them the begin of
            another note of their pitch.
        shortened: notes that end earlier, because a staff has no more than four voices.
    """

    moved: int
    merged: int
    shortened: int


def write_musicxml(
    score: Score,
    path: str | Path,
    *,
    tempo: float | int | None = None,
    program: int = 0,
    overwrite: bool = True,
) -> NotationLoss:
    """Write the notes of a score as MusicXML, on two staves that divide at middle C.

    Notes begin and end on sixteenths. In a beat of a quarter, they may begin and end on
    triplet eighths instead, if these are nearer. A note that crosses a bar line is
    written as several notes, tied together. The file keeps the tempo, rounded to 0.01,
    and the metre (4/4 if the score has none). Their changes are moved to the nearest
    sixteenth. The file has a key signature where that saves accidentals. It does not
    keep loudness, the pedal, or the division into tracks. Music of the encoding
    `Performance` has no beats, so its bars last two seconds at its own tempo, 120.

    Args:
        score: the music; an empty score gives one bar of rest.
        path: the file; missing folders are created. Its name becomes the title.
        tempo: quarter notes per minute, 4 to 1000; None for the score's own tempos, or
            120 if it has none.
        program: General MIDI program that plays the file, 0 to 127; 0 is a piano.
        overwrite: whether to replace a file that exists.

    Returns:
        How many notes were changed to fit into notation.

    Raises:
        ValueError: `tempo` or `program` is out of its range.
        FileExistsError: the file exists and `overwrite` is false.
        OSError: the file cannot be written.
    """
    require_tempo_and_program(tempo, program)
    path = Path(path)
    notes, bars, moved, merged = rounded(score)
    upper = notes.pitches >= MIDDLE_C
    staves = [voiced(notes.take(chosen)) for chosen in (upper, ~upper)]
    key = key_of(notes)
    written = stream.Score()
    written.metadata = metadata.Metadata(title=path.stem, composer="lstm_music_jax")
    parts = [
        _staff(number, staff.voices, bars, key) for number, staff in enumerate(staves)
    ]
    _add_tempos(parts[0], score, tempo, bars)
    for part in parts:
        # music21 makes one instrument of equal ones.
        part.insert(0, _instrument(program))
        _show_accidentals(part, key)
        written.insert(0, part)
    written.insert(0, layout.StaffGroup(parts, symbol="brace"))
    # The notation is complete. music21 would make it again, from a copy.
    exporter = GeneralObjectExporter(written)
    exporter.makeNotation = False
    write = write_atomically if overwrite else write_new
    write(path, exporter.parse())
    shortened = sum(staff.shortened for staff in staves)
    return NotationLoss(moved, merged, shortened)


def _staff(
    number: int, voices: Sequence[Sequence[Sounding]], bars: Sequence[Bar], key: Key
) -> stream.PartStaff:
    """Return the staff of the right hand (`number` 0) or of the left hand (1).

    Args:
        number: 0 or 1.
        voices: the chords of each voice of the staff.
        bars: all bars of the piece.
        key: the key of the piece.
    """
    part = stream.PartStaff(id=f"staff-{number + 1}")
    measures = []
    for index, bar in enumerate(bars):
        measure = stream.Measure(number=index + 1)
        if index == 0:
            measure.insert(0, clef.BassClef() if number else clef.TrebleClef())
            measure.insert(0, KeySignature(key.sharps))
        if index == 0 or bar.metre != bars[index - 1].metre:
            measure.insert(0, TimeSignature(f"{bar.metre.beats}/{bar.metre.beat_unit}"))
        measures.append(measure)
        part.insert(quarters(bar.start), measure)
    for place, chords in enumerate(voices):
        contents = _in_bars(chords, bars)
        for measure, bar, content in zip(measures, bars, contents, strict=True):
            if content or place == 0:
                voice = _voice(content, bar, key, hidden=place > 0)
                voice.id = str(1 + place + MOST_VOICES * number)
                measure.insert(0, voice)
    return part


def _in_bars(chords: Sequence[Sounding], bars: Sequence[Bar]) -> list[list[Sounding]]:
    """Return, for each bar, those chords of one voice that sound in it."""
    starts = [bar.start for bar in bars]
    contents: list[list[Sounding]] = [[] for _ in bars]
    for each in chords:
        first = bisect_right(starts, each.onset) - 1
        for number in range(first, bisect_left(starts, each.end)):
            contents[number].append(each)
    return contents


def _voice(
    chords: Sequence[Sounding], bar: Bar, key: Key, hidden: bool
) -> stream.Voice:
    """Return a voice of one bar: its chords, and rests between them.

    Args:
        chords: the chords that sound in the bar.
        bar: the bar.
        key: the key.
        hidden: whether the rests are invisible.
    """
    voice = stream.Voice()
    elements: list[note.GeneralNote] = []
    now = bar.start
    for each in chords:
        begin, end = max(each.onset, bar.start), min(each.end, bar.end)
        elements += _rests(now, begin, bar)
        elements += _tied(each, begin, end, bar, key)
        now = end
    if chords:
        elements += _rests(now, bar.end, bar)
    else:
        whole = note.Rest(quarterLength=quarters(bar.end - bar.start))
        whole.fullMeasure = True
        elements.append(whole)
    for element in elements:
        if hidden and element.isRest:
            element.style.hideObjectOnPrint = True
        voice.append(element)
    makeTupletBrackets(voice, inPlace=True)
    # `makeBeams` of music21 looks the metre up, which takes minutes for 1000 bars.
    signature = _signature(bar.metre.beats, bar.metre.beat_unit)
    for element, beams in zip(elements, signature.getBeams(elements), strict=True):
        if beams is not None:
            element.beams = beams
    return voice


@cache
def _signature(beats: int, beat_unit: int) -> TimeSignature:
    return TimeSignature(f"{beats}/{beat_unit}")


def _rests(begin: int, end: int, bar: Bar) -> list[note.GeneralNote]:
    return [
        note.Rest(quarterLength=quarters(ticks)) for ticks in values(begin, end, bar)
    ]


def _tied(
    sounding: Sounding, begin: int, end: int, bar: Bar, key: Key
) -> Iterator[note.NotRest]:
    """Yield the written notes that stand for one chord in one bar, tied together.

    Args:
        sounding: the chord; it may begin before the bar and end after it.
        begin: the tick at which it begins in this bar.
        end: the tick at which it ends in this bar.
        bar: the bar.
        key: the key, which names the pitches.
    """
    for ticks in values(begin, end, bar):
        length = quarters(ticks)
        pitches = [spelled(pitch, key) for pitch in sounding.pitches]
        element: note.NotRest
        if len(pitches) == 1:
            element = note.Note(pitches[0], quarterLength=length)
        else:
            element = chord.Chord(pitches, quarterLength=length)
        before, after = begin > sounding.onset, begin + ticks < sounding.end
        if before or after:
            kind = "continue" if before and after else "stop" if before else "start"
            element.tie = tie.Tie(kind)
        yield element
        begin += ticks


def _show_accidentals(part: stream.PartStaff, key: Key) -> None:
    """Show only the accidentals that are needed.

    An accidental holds for its line and octave until the bar ends, so it is not shown
    again there. `makeAccidentals` of music21 shows many that are not needed.
    """
    of_signature = alters_of(key)
    for measure in part.getElementsByClass(stream.Measure):
        held: dict[str, float] = {}
        for element in measure.flatten().notes:
            is_new = element.tie is None or element.tie.type == "start"
            for pitch in element.pitches:
                place = f"{pitch.step}{pitch.octave}"
                before = held.get(place, of_signature[pitch.step])
                is_needed = is_new and pitch.alter != before
                pitch.accidental.displayStatus = is_needed
                if is_needed:
                    held[place] = pitch.alter


def _instrument(program: int) -> instrument.Instrument:
    """Return the instrument of a MIDI program, but never as a transposing instrument.

    The notes of a transposing instrument would be written higher or lower than they
    sound, and so on the wrong staff.
    """
    named = instrument.instrumentFromMidiProgram(program)
    played = instrument.Instrument(instrumentName=named.instrumentName)
    played.partName = named.instrumentName
    # Otherwise music21 makes random names.
    played.partId, played.instrumentId = "P1", "P1-I1"
    played.midiProgram = program
    return played


def _add_tempos(
    part: stream.PartStaff, score: Score, tempo: float | int | None, bars: Sequence[Bar]
) -> None:
    """Add tempo marks to `part`.

    Args:
        part: the staff that gets the marks.
        score: the music.
        tempo: the only tempo, in quarter notes per minute. With None, the marks are the
            changes of tempo of `score`, and 120 at the start if it has none there.
        bars: all bars of the piece.
    """
    tempos = score.tempos if tempo is None else (Tempo(0, tempo),)
    marks = {0: DEFAULT_TEMPO}
    marks |= {ticks_of(tick, score): each for tick, each in tempos}
    measures = list(part.getElementsByClass(stream.Measure))
    starts = [bar.start for bar in bars]
    for tick, each in marks.items():
        number = bisect_right(starts, tick) - 1
        if tick < bars[number].end:
            mark = MetronomeMark(number=round(each, 2))
            measures[number].insert(quarters(tick - starts[number]), mark)
