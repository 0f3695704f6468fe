"""Small services around a process: files, folders, cores, and lines on a terminal.

`atomic_write.py` writes files, and `folder_lock.py` locks folders. `cache_folder.py`
names the folder for caches. `cores.py` counts cores. `progress.py` shows progress, and
`printable.py` makes names fit on a line. `abort_summary.py` shortens an abort of JAX.

Start with the module you need: each is one small service. This package imports no
other part of `lstm_music_jax`.
"""
