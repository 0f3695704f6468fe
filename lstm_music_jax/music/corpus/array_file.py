"""Array files: JSON and arrays in one file, with a checksum, read by memory-mapping.

The first line is a checksum of the rest of the file, and the second line is JSON. Then
come the arrays, each at a multiple of 64 bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstm_music_jax.system.atomic_write import written_atomically

_ALIGNMENT = 64
_CHECKSUM_LINE = 9
_READ_AT_ONCE = 2**20


class Column(NamedTuple):
    """An array to write into a file, given as parts to write one after another.

    Attributes:
        dtype: the type of the elements.
        shape: the shape of the whole array.
        parts: arrays whose elements, in order, are those of the whole array.
    """

    dtype: type[np.generic]
    shape: tuple[int, ...]
    parts: Iterable[np.ndarray]

    @classmethod
    def of(cls, array: np.ndarray) -> Column:
        """Return a column whose only part is `array`."""
        return cls(array.dtype.type, array.shape, [array])


class ArrayFile(NamedTuple):
    """The content of an array file: a JSON value, and memory-mapped arrays by name."""

    content: Any
    arrays: dict[str, np.ndarray]


def write_array_file(path: Path, content: Any, columns: Mapping[str, Column]) -> None:
    """Write JSON and arrays into one file; the file is written whole or not at all.

    Args:
        path: the file.
        content: the JSON value.
        columns: the arrays, keyed by their names.

    Raises:
        OSError: the file cannot be written.
    """
    described = [
        [name, np.dtype(column.dtype).str, column.shape]
        for name, column in columns.items()
    ]
    with written_atomically(path) as file:
        checksum = 0

        def write(data):
            nonlocal checksum
            checksum = zlib.crc32(data, checksum)
            file.write(data)

        file.write(b" " * _CHECKSUM_LINE)
        write(json.dumps([described, content]).encode() + b"\n")
        for column in columns.values():
            write(bytes(-file.tell() % _ALIGNMENT))
            for part in column.parts:
                write(np.ascontiguousarray(part, column.dtype).data.cast("B"))
        file.seek(0)
        file.write(f"{checksum:08x}\n".encode())


def read_array_file(path: Path) -> ArrayFile | None:
    """Open a file that `write_array_file` wrote; return None if it is damaged.

    The whole file is read once to check it, but its arrays are not kept in memory.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        expected, checksum = file.read(_CHECKSUM_LINE), 0
        while part := file.read(_READ_AT_ONCE):
            checksum = zlib.crc32(part, checksum)
        if f"{checksum:08x}\n".encode() != expected:
            return None
        file.seek(_CHECKSUM_LINE)
        described, content = json.loads(file.readline())
        place, arrays = file.tell(), {}
    for name, dtype, shape in described:
        place += -place % _ALIGNMENT
        if 0 in shape:
            # The operating system cannot map an empty range.
            arrays[name] = np.zeros(shape, dtype)
            continue
        mapped = np.memmap(path, dtype, "r", place, tuple(shape))
        arrays[name] = mapped.view(np.ndarray)
        place += mapped.nbytes
    return ArrayFile(content, arrays)
