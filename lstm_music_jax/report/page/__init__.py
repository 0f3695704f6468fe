"""The report: one HTML file that a browser shows, and plays, without a network.

Start with `document.py`, which puts the file together from blocks. `blocks.py` has the
plain ones: text, tables, pictures. `player.py` has the player of pieces, and `piece.py`
what the page is told about a piece. `judged.py` makes a piece with a model's
predictions. `blind.py` has blind listening. `assets/` holds the style and the
JavaScript modules. The file holds the style, and the modules that its blocks need, as
they are.

This package may import what `report` may import.
"""
