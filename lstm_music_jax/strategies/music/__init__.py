"""Strategies that use the pitches of the symbols, in any encoding.

Start with `pitch_range.py`. `sounds.py` is their base class. These modules import what
`strategies` may, and no other family. They are the only strategies that import
`lstm_music_jax.music`.
"""
