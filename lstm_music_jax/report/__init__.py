"""What a person looks at: pictures and tables of pieces and of measurements.

Start with `figures.py`. `model_figures.py` shows how well a model predicts given
pieces. `comparison_tables.py`, `comparison_figures.py`, `heat_figure.py` and
`frontier_figure.py` show what a comparison of strategies has found, and
`votes_tables.py` what listeners preferred. A `Table` (`table.py`) is written to
Markdown and to HTML. `page/` makes the report, which a browser shows and plays.
`notebook.py` says what a notebook shows.

This package may import `system`, `music`, `generation` and `evaluation`.
"""
