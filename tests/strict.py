"""The type checker of the tests: beartype, which here accepts an int as a float."""

from beartype import BeartypeConf, beartype

typechecked = beartype(conf=BeartypeConf(is_pep484_tower=True))
