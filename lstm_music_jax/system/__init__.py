"""What the operating system provides: cores, the cache folder, file writes and locks.

Each module holds one function, so start with the one you need. This package imports no
other part of `lstm_music_jax`.
"""
