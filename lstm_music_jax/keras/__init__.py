"""Reading models that Keras has saved: `files.py` parses, `weights.py` makes a run.

May import `training`, `model`, `music` and `types`.
"""
