"""The formats besides MIDI in which generate.py writes music."""

from dataclasses import dataclass
from pathlib import Path

from lstm_music_jax import Score, write_musicxml
from lstm_music_jax.music.notation.musicxml import NotationLoss


@dataclass(frozen=True)
class OtherFormats:
    """The arguments that ask for more files of each piece, beside its MIDI file."""

    musicxml: bool = False
    """Also write each piece for notation programs such as MuseScore. 1000 notes take a
    second."""

    def write(
        self, score: Score, path: Path, *, tempo: float | None, program: int
    ) -> str:
        """Write the files beside a MIDI file, and return a remark on what was lost."""
        if not self.musicxml:
            return ""
        name = path.with_suffix(".musicxml")
        return _remark(write_musicxml(score, name, tempo=tempo, program=program))


def _remark(loss: NotationLoss) -> str:
    """Return what notation could not show; '' if it shows everything."""
    lost = {
        "moved to the nearest sixteenth or triplet": loss.moved,
        "merged": loss.merged,
        "shortened": loss.shortened,
    }
    words = [f"{count} {what}" for what, count in lost.items() if count]
    return f", notes in the MusicXML file: {', '.join(words)}" if words else ""
