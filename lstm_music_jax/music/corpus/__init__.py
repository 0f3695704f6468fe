"""Corpora: many pieces, loaded once, split, and made ready for training.

Start with `pieces.py` (the class of corpora), `loading.py` (chorales and MIDI folders)
and `dataset.py` (the symbol ids to train on). The other modules serve these three:

- `symbols_file.py` reads and writes a corpus as a text file;
- `chorale_files.py` and `midi_paths.py` find the files of a corpus;
- `encoded_file.py` reads and encodes one file; `parallel_reading.py` does so for many
  files, in several processes (`reader_process.py`);
- `collection.py` reads the files that are not in the cache, and `assembling.py` puts
  all pieces into one array;
- `cache.py` says where the cache is. `entries.py` keeps the symbols of each file, and
  `file_contents.py` finds the files that have changed. Both use the file format of
  `array_file.py`;
- `split.py` divides a corpus for training and validation, `near_duplicates.py` finds
  the pieces that must stay together, and `transposed_windows.py` compares them
  regardless of their musical key;
- `piece_ids.py` holds the symbol ids of pieces for training, without copying the
  corpus.

These modules import the other modules of `music`, and `system`.
"""
