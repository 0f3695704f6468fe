"""What the operating system provides: cores, the cache folder, atomic file writes.

Each module holds one function; start with whichever you need. This package imports
nothing else of `lstm_music_jax`.
"""
