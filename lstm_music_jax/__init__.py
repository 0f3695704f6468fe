"""Stacked LSTMs on symbolic music in JAX: training, and sampling on the device.

`__init__.pyi` lists the public API. A module is imported when one of its names is first
used, so importing the package takes little time. `docs/architecture.md` says what each
part holds and what it may import; start there.
"""

from typing import Any

import lazy_loader

from lstm_music_jax.notebooks import draw_with

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def _html(value: Any) -> str | None:
    from lstm_music_jax.report.notebook import html_of

    return html_of(value)


# Scores and results of all packages then show themselves in notebooks.
draw_with(_html)
