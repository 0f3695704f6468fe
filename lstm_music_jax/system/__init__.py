"""Services of the operating system: cores, the cache folder, file writes and locks.

Start with the module you need: each is one small service. This package imports no
other part of `lstm_music_jax`.
"""
