"""Strategies that use the pitches of the symbols, in any encoding.

Start with `pitch_range.py`. `sounds.py` is their base class. These modules may import
the same packages as `strategies`, but no strategies of other folders. They are the only
strategies that import `lstm_music_jax.music`.
"""
