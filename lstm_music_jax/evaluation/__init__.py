"""Evaluation: measures of generated music, with confidence intervals and tests.

`measures/` holds the measures, one per file; start with `measures/base.py`, the
contract. `statistics/` holds intervals, p-values and corrections; start with
`statistics/estimate.py`.

`anchors/` makes music of known quality. `teacher_forced.py` and `best_symbols.py` read
given pieces with a model, on the device. `note_figures.py` says how surprising a model
finds each note of a piece. `choosing.py` chooses one piece of several.
`kept_promises.py` says how many pieces keep the promises of a strategy.
`calibration.py` asks whether a model's probabilities can be trusted. `comparison/`
compares sampling strategies; its `drawing.py` and `matching.py` draw symbols on the
device. All other modules call these, or compute on the host, with NumPy and SciPy.

This package may import `types`, `pytrees`, `protocols`, `automata`, `strategies`,
`generation`, `music`, `notebooks` and `system`.

Axes, beside those of `types.py`:

    b  pieces of a set
    k  runs: models that were trained with different seeds
    r  resamples of a bootstrap
    m  measures
"""
