"""The formats besides MIDI in which generate.py writes music."""

from dataclasses import dataclass
from pathlib import Path

from lstm_music_jax import Score, write_musicxml, write_wav
from lstm_music_jax.music.audio import require_audio
from lstm_music_jax.music.notation.musicxml import NotationLoss


@dataclass(frozen=True)
class OtherFormats:
    """The arguments that ask for more files of each piece, beside its MIDI file."""

    musicxml: bool = False
    """Also write each piece for notation programs such as MuseScore. 1000 notes take a
    second."""

    wav: bool = False
    """Also write each piece as an audio file. It needs pip install
    'lstm-music-jax[audio]'. 1000 notes take a few seconds."""
    soundfont: Path | None = None
    """A SoundFont file (.sf2) whose instruments sound; it needs FluidSynth. By default
    simple waves sound, whatever the --program."""

    def check(self) -> None:
        """Raise an error unless the programs and packages for the files are there."""
        if self.wav:
            require_audio(self.soundfont)
        elif self.soundfont is not None:
            raise ValueError(f"soundfont is {self.soundfont}; it needs --wav")

    def write(
        self, score: Score, path: Path, *, tempo: float | None, program: int
    ) -> str:
        """Write the files beside the MIDI file `path`.

        Return a remark on what the MusicXML file could not show; "" if nothing.
        """
        if self.wav:
            write_wav(
                score,
                path.with_suffix(".wav"),
                tempo=tempo,
                program=program,
                soundfont=self.soundfont,
            )
        if not self.musicxml:
            return ""
        name = path.with_suffix(".musicxml")
        return _remark(write_musicxml(score, name, tempo=tempo, program=program))


def _remark(loss: NotationLoss) -> str:
    """Return a remark on what notation could not show; '' if it shows everything."""
    lost = {
        "moved to the nearest sixteenth or triplet": loss.moved,
        "merged": loss.merged,
        "shortened": loss.shortened,
    }
    words = [f"{count} {what}" for what, count in lost.items() if count]
    return f", notes in the MusicXML file: {', '.join(words)}" if words else ""
