"""The player of a report: a person hears pieces, and sees them on a piano roll."""

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_music_jax.report.page.document import Data
from lstm_music_jax.report.page.piece import PlayedPiece


@dataclass(frozen=True)
class Player:
    """A player of one or several pieces; the reader chooses which one is played."""

    pieces: Sequence[PlayedPiece]

    def html(self, data: Data) -> str:
        """Return an empty HTML element, which the page's JavaScript fills.

        The pieces are added to `data`, where the JavaScript finds them.
        """
        data.run("players.js")
        numbers = [data.add("pieces", piece.packed(data)) for piece in self.pieces]
        listed = " ".join(map(str, numbers))
        return f'<section class="player" data-player="{listed}"></section>'
