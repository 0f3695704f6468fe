"""The report: one HTML file that a browser shows, and plays, without a network.

Start with `document.py`, which puts the file together from blocks. `blocks.py` has the
plain ones: text, tables, pictures. `player.py` has the player of pieces, and `piece.py`
what the page is told about a piece. `blind.py` has blind listening. `assets/` holds the
style and the JavaScript modules. They are copied into the file as they are.

This package may import what `report` may import.
"""
