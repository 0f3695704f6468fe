"""What independent programs read in a MIDI file, in one form."""

from fractions import Fraction
from typing import NamedTuple

import mido
import pretty_midi
import symusic
from music21 import midi
from music21.midi.translate import getNotesFromEvents, getTimeForEvents

DRUMS = 10


class Heard(NamedTuple):
    """A file, as a program reads it.

    Attributes:
        notes: onset in quarters, pitch, duration in quarters, velocity, whether it is a
            drum; sorted.
        tempos: microseconds per quarter, in the order of time.
        programs: of each track with notes that are not drums, in the file's order.
    """

    notes: list
    tempos: list
    programs: list


def read_with_mido(path):
    file = mido.MidiFile(path)
    notes, tempos, programs = [], [], []
    for track in file.tracks:
        tick, sounding, program = 0, {}, None
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                tempos.append(message.tempo)
            elif message.type == "program_change":
                program = message.program
            elif message.type == "note_on" and message.velocity:
                key = message.channel, message.note
                assert key not in sounding
                sounding[key] = tick, message.velocity
                if not programs or programs[-1][0] is not track:
                    programs.append((track, program, message.channel + 1))
            elif message.type in ("note_on", "note_off"):
                key = message.channel, message.note
                onset, velocity = sounding.pop(key)
                drum = message.channel + 1 == DRUMS
                notes.append((onset, message.note, tick - onset, velocity, drum))
        assert not sounding
    programs = [program for _, program, channel in programs if channel != DRUMS]
    return Heard(_in_quarters(notes, file.ticks_per_beat), tempos, programs)


def read_with_music21(path):
    file = midi.MidiFile()
    file.open(path)
    file.read()
    file.close()
    notes, tempos, programs = [], [], []
    for track in file.tracks:
        found = [
            (
                note.onTime,
                note.event.pitch,
                note.offTime - note.onTime,
                note.event.velocity,
                note.event.channel == DRUMS,
            )
            for note in getNotesFromEvents(getTimeForEvents(track))
        ]
        notes += found
        tempos += [
            int.from_bytes(event.data)
            for event in track.events
            if event.type == midi.MetaEvents.SET_TEMPO
        ]
        if any(not drum for *_, drum in found):
            programs += track.getProgramChanges()
    return Heard(_in_quarters(notes, file.ticksPerQuarterNote), tempos, programs)


def read_with_pretty_midi(path):
    file = pretty_midi.PrettyMIDI(str(path))
    notes = []
    for instrument in file.instruments:
        for note in instrument.notes:
            onset, end = map(file.time_to_tick, (note.start, note.end))
            notes.append(
                (onset, note.pitch, end - onset, note.velocity, instrument.is_drum)
            )
    tempos = [round(6e7 / tempo) for tempo in file.get_tempo_changes()[1].tolist()]
    programs = [each.program for each in file.instruments if not each.is_drum]
    return Heard(_in_quarters(notes, file.resolution), tempos, programs)


def read_with_symusic(path):
    score = symusic.Score(path)
    notes = [
        (note.time, note.pitch, note.duration, note.velocity, track.is_drum)
        for track in score.tracks
        for note in track.notes
    ]
    tempos = [tempo.mspq for tempo in score.tempos]
    programs = [track.program for track in score.tracks if not track.is_drum]
    return Heard(_in_quarters(notes, score.tpq), tempos, programs)


def _in_quarters(notes, ticks_per_quarter):
    return sorted(
        (
            Fraction(onset, ticks_per_quarter),
            pitch,
            Fraction(duration, ticks_per_quarter),
            *rest,
        )
        for onset, pitch, duration, *rest in notes
    )


READERS = (read_with_mido, read_with_music21, read_with_pretty_midi, read_with_symusic)
