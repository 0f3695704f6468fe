"""Corpora: many pieces, loaded once, split, and made ready for training.

Start with `pieces.py` (what a corpus is), `loading.py` (chorales and MIDI folders) and
`dataset.py` (the ids to train on). The other modules serve these three:

- `symbols_file.py` reads and writes a corpus as a text file;
- `chorale_files.py` and `midi_paths.py` find the files of a corpus;
- `score_file.py` reads one file, `parallel_reading.py` many, each in a
  `reader_process.py`;
- `cache.py` keeps a loaded corpus on disk;
- `split.py` divides a corpus for training and validation, `near_duplicates.py` finds
  the pieces that must stay together, and `transposed_windows.py` compares them
  regardless of their key.

These modules import the other modules of `music`, and `system`.
"""
