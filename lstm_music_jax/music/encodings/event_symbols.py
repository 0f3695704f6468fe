"""Event symbols: symbols such as 'shift_12', which name an event and its value.

The encodings `Events` and `Performance` are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping


class EventSymbols:
    """All symbols of an encoding whose symbols name an event and an integer.

    >>> symbols = EventSymbols({"shift": range(1, 49), "pitch": range(128)})
    >>> symbols.parse("shift_12")
    ('shift', 12)
    >>> symbols.sum_of("shift", 50)
    ['shift_48', 'shift_2']

    Attributes:
        names: for each event, a list whose entry i is the symbol of the value i.
            Entries below the smallest allowed value are no symbols.
    """

    def __init__(self, allowed: Mapping[str, range]):
        """Make the symbols of all given events and values.

        Args:
            allowed: the values that each event may have, without gaps.
        """
        self._allowed = dict(allowed)
        self.names = {
            event: [f"{event}_{value}" for value in range(values.stop)]
            for event, values in self._allowed.items()
        }
        self._meanings = {
            self.names[event][value]: (event, value)
            for event, values in self._allowed.items()
            for value in values
        }

    @property
    def all(self) -> tuple[str, ...]:
        """All symbols, event after event, by ascending value within an event."""
        return tuple(self._meanings)

    def parse(self, symbol: str) -> tuple[str, int]:
        """Return the event and the value of a symbol; ("", 0) for any other string."""
        return self._meanings.get(symbol, ("", 0))

    def sum_of(self, event: str, value: int) -> list[str]:
        """Return symbols of `event` whose values sum to `value`, as few as possible.

        The largest comes first.
        """
        names = self.names[event]
        full, rest = divmod(value, len(names) - 1)
        return [names[-1]] * full + ([names[rest]] if rest else [])

    def canonical(self, text: str) -> str:
        """Return the symbol that `text` spells: 'pitch_060' is 'pitch_60'.

        Raises:
            ValueError: `text` spells no symbol.
        """
        event, _, digits = text.rpartition("_")
        if digits.isascii() and digits.isdigit():
            symbol = f"{event}_{digits.lstrip('0') or '0'}"
            if symbol in self._meanings:
                return symbol
        allowed = ", or ".join(
            f"{event}_{values[0]} to {event}_{values[-1]}"
            for event, values in self._allowed.items()
        )
        raise ValueError(f"symbol is {text!r}; it must be {allowed}")
