"""Names of instruments, as music21 gives them.

music21 finds the name from the number in a program change, or from the text in an event
that names a track or an instrument.
"""

from __future__ import annotations

import functools
import warnings

from lstm_music_jax.music.score import DRUM_CHANNEL, InstrumentChange

PROGRAM_CHANGE = 0xC0


def instrument_name(change: InstrumentChange) -> str:
    """Return the name that music21 gives to the instrument of a change; '' if none."""
    return _name(change.kind, change.channel == DRUM_CHANNEL, change.data)


@functools.lru_cache(maxsize=4096)
def _name(kind: int, drums: bool, data: int | bytes) -> str:
    from music21.midi import ChannelVoiceMessages, MetaEvents, MidiEvent
    from music21.midi.translate import midiEventToInstrument

    event = MidiEvent(channel=DRUM_CHANNEL if drums else 1)
    kinds = ChannelVoiceMessages if kind == PROGRAM_CHANGE else MetaEvents
    event.type = kinds(kind)
    event.data = data
    with warnings.catch_warnings():
        # music21 warns of a name in another character set. The instrument is unknown.
        warnings.simplefilter("ignore")
        return midiEventToInstrument(event).instrumentName or ""
