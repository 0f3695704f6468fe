"""Comparison of several sampling strategies, with confidence intervals and tests.

An arm is a strategy that is compared. A knob is the one hyperparameter of an arm that
is tuned. An anchor is other music that is shown beside the arms, such as music of an
n-gram model. A sample is a decoded piece.

Start with `analysis.py`, which turns the samples of all arms into estimates;
`differences.py` compares an arm with the reference in one measure. `arms.py` defines
arms and knobs. `matching.py` tunes the knobs, so that all arms have equal entropy.
`drawing.py` draws the symbols of each arm, and `samples.py` decodes them. `standard.py`
lists the measures. `curves.py` computes each measure as a function of the entropy, from
pieces with many values of each knob.

`listening.py` draws pairs of pieces for blind listening, `votes.py` reads the votes of
listeners, and `preferences.py` says what they preferred.

These modules may import the same packages as `evaluation`.
"""
