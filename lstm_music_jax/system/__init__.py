"""What the operating system provides: cores, the cache folder, atomic file writes.

Imports nothing of this package.
"""
