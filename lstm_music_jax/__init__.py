"""Stacked LSTMs on symbolic music in JAX: training, and sampling on the device.

`__init__.pyi` lists the public API. A module is imported when one of its names is first
used, so importing the package takes little time. `docs/architecture.md` says what each
part holds and what it may import; start there.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
