"""Strategies that watch what is drawn and adapt; `mirostat.py` is shared by two."""
