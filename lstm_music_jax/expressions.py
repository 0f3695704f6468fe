"""Reads objects from their `repr`, a Python expression that is never evaluated.

The caller gives a table of names. An expression calls classes and functions of the
table, such as `TopP`. Their arguments are numbers, strings, True, False, None, lists,
tuples, dicts, names of values in the table, such as `MAJOR`, and further calls. All
other Python is refused. A run folder is the folder of a trained model.

The caller may also supply objects, such as the vocabulary. An expression may leave out
the arguments that take these objects. `read_strategy` and `read_decoder` read the
classes of their packages.
"""

import ast
import dataclasses
import difflib
import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lstm_music_jax.protocols import Model

Class = TypeVar("Class")

_LONGEST = 100_000
_DEEPEST = 50
_LONGEST_SHOWN = 80
_LONGEST_PROBLEM = 300
_LITERALS = (int, float, str, list, tuple, dict, type(None))


def read_expression(
    text: str,
    names: Mapping[str, Any],
    supplied: Mapping[str, Any] | None = None,
    *,
    kind: type[Class],
    argument: str,
    example: str,
    id_of: Callable[[str], int] | None = None,
    model_of: Callable[[str], Model] | None = None,
    number_of: Callable[[float, dataclasses.Field], float] | None = None,
) -> Class:
    """Return the object that an expression such as "TopP(0.9)" makes.

    The expression is the one that makes the object in Python; `repr` writes it. Only
    `float`, and the classes and functions in `names`, are called.

    Args:
        text: the expression, of at most 100,000 characters.
        names: the meaning of each name in the expression: a class or a function to
            call, or a value such as `MAJOR` or the vocabulary.
        supplied: values of arguments that the expression may leave out, by the names of
            the arguments. For example, with a vocabulary and an encoding
            "PitchRange(36, 76)" is enough. An argument that has a default, or that is
            a number or an id, is not supplied.
        kind: the class of the object.
        argument: name of the argument that the object is for, such as "strategy". Error
            messages name it.
        example: an expression for this argument, for error messages.
        id_of: a function that returns the id of a symbol. With it, "Forbid(['C4'])" is
            enough: a string stands for its id in the fields that `ids`, `one_id` and
            `sequences` of `lstm_music_jax.fields` declare.
        model_of: a function that returns the model of a run folder. With it,
            "Contrastive(run='small')" is enough: the argument `run` names a run folder,
            and the class gets the model of that folder as its argument `model`.
        number_of: a function that replaces numbers. It is called with each number in
            the text that is the value of a field with bounds, such as those that
            `number` and `size` declare, and with this field. It returns the number to
            use instead. Ids and numbers in lists are not replaced.

    Raises:
        ValueError: the expression is ill-formed or too long, holds an unknown name or a
            wrong argument, or makes an object of another kind. If one part of the text
            is wrong, the message names its place. `model_of` may raise other errors.
    """
    # repr writes infinity as a call of float.
    known = {"float": float, **names}
    reading = _Reading(
        re.sub("\r\n?", "\n", text).strip(),
        known,
        supplied or {},
        argument,
        example,
        id_of,
        model_of,
        number_of,
    )
    made = reading.value(reading.tree())
    if not isinstance(made, kind):
        raise reading.refusal(f"it must be a {argument}, like {example}")
    return made


@dataclasses.dataclass(frozen=True)
class _Reading:
    """An expression that is being read.

    The attributes that are not listed are arguments of `read_expression`, with the same
    names.

    Attributes:
        argument: the name of the caller's argument that gets the value of the
            expression. Errors begin with this name.
        example: a valid expression, which errors show to the user.
    """

    text: str
    names: Mapping[str, Any]
    supplied: Mapping[str, Any]
    argument: str
    example: str
    id_of: Callable[[str], int] | None
    model_of: Callable[[str], Model] | None
    number_of: Callable[[float, dataclasses.Field], float] | None

    def tree(self) -> ast.expr:
        """Return the Python syntax tree of the expression."""
        if len(self.text) > _LONGEST:
            raise self.refusal(
                f"it has {len(self.text)} characters; it may have {_LONGEST}"
            )
        try:
            with warnings.catch_warnings():
                # An unknown escape in a string gives a SyntaxError.
                warnings.simplefilter("error")
                return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            place = error.lineno or 1, max((error.offset or 1) - 1, 0)
            problem = f"{error.msg}; write it like {self.example}"
            raise self.refusal_at(place, problem) from None
        except (MemoryError, RecursionError):
            raise self.refusal(f"it may be nested {_DEEPEST} deep") from None
        except ValueError as error:
            raise self.refusal(str(error)) from None

    def value(self, node: ast.expr, depth: int = 0) -> Any:
        """Return the value of a part of the expression.

        Args:
            node: the syntax tree of the part.
            depth: how many other parts enclose this part. A part that is too deep is
                refused.
        """
        if depth == _DEEPEST:
            raise self.refusal(f"it may be nested {_DEEPEST} deep", node)

        def inner(part):
            return self.value(part, depth + 1)

        match node:
            case ast.Constant(bool() | int() | float() | str() | None as value):
                return value
            case ast.UnaryOp(ast.USub(), operand):
                number = inner(operand)
                if type(number) in (int, float):
                    return -number
            case ast.List(elements):
                return [*map(inner, elements)]
            case ast.Tuple(elements):
                return (*map(inner, elements),)
            case ast.Dict(keys, values):
                if all(isinstance(key, ast.Constant) for key in keys):
                    return dict(zip(map(inner, keys), map(inner, values), strict=True))
            case ast.Name(name):
                value = self.named(node)
                if _is_called(value):
                    problem = f"{name} stands without arguments; write {name}(...)"
                    raise self.refusal(problem, node)
                return value
            case ast.Call(ast.Name() as called, arguments, keywords):
                named = [(keyword.arg, inner(keyword.value)) for keyword in keywords]
                return self.call(called, [*map(inner, arguments)], named)
        raise self.refusal(
            f"{self.part(node)} is not allowed; an expression holds names, calls, "
            "numbers, strings, True, False, None, lists, tuples and dicts",
            node,
        )

    def named(self, node: ast.Name) -> Any:
        """Return the class, function or value that a name stands for."""
        name = node.id
        if name not in self.names:
            nearest = " or ".join(_nearest(name, self.names))
            problem = f"{_shown(name)} is not a known name; did you mean {nearest}?"
            raise self.refusal(problem, node)
        return self.names[name]

    def call(self, called: ast.Name, positional: list, named: list) -> Any:
        """Return the result of calling a class or a function.

        Args:
            called: the name of the class or the function.
            positional: the positional arguments.
            named: the keyword arguments, as pairs of name and value. The name is None
                for an argument that is written with `**`.
        """
        function, name = self.named(called), called.id
        if not _is_called(function):
            raise self.refusal(f"{name} takes no arguments; write {name}", called)
        keywords = dict(named)
        if None in keywords or len(keywords) < len(named):
            problem = f"{name} must get each argument once, by its own name"
            raise self.refusal(problem, called)
        signature = inspect.signature(function)
        try:
            self.load_model(signature, keywords)
            unknown = keywords.keys() - signature.parameters
            if unknown:
                raise TypeError(f"it has no argument {min(unknown)}")
            positional = self.filled(function, positional, keywords)
            bound = signature.bind(*positional, **keywords)
        except TypeError as error:
            takes = self.arguments_of(function)
            problem = f"{name} cannot be made: {error}; its arguments are {takes}"
            raise self.refusal(problem, called) from None
        try:
            self.require_objects(function, bound.arguments)
            self.look_up_ids(function, bound.arguments)
            self.exchange_numbers(function, bound.arguments)
            return function(*bound.args, **bound.kwargs)
        except ValueError as error:
            raise self.refusal(str(error), called) from error
        except Exception as error:
            # A class that does not check its arguments may fail in any way.
            problem = f"{name} cannot be made: {type(error).__name__}: {error}"
            raise self.refusal(problem, called) from error

    def load_model(self, signature, keywords: dict[str, Any]) -> None:
        """Replace the argument `run`, a run folder, by `model`, the model in it.

        Nothing is replaced without `model_of`, and if the called class has no argument
        `model` or has an argument `run` of its own.

        Args:
            signature: the signature of the called class or function.
            keywords: the keyword arguments in the expression; changed in place.
        """
        parameters = signature.parameters
        if self.model_of and "model" in parameters and "run" not in parameters:
            folder = keywords.pop("run", None)
            if folder is not None:
                if "model" in keywords or not isinstance(folder, str):
                    raise TypeError("run must be a folder, in place of model")
                keywords["model"] = self.model_of(folder)

    def filled(self, function, positional: list, keywords: dict[str, Any]) -> list:
        """Return the positional arguments of a call, with the missing ones inserted.

        An argument may be missing if `supplied` holds its value. For example, the
        signature is `PitchRange(vocabulary, encoding, low, high)`, and the expression
        is `PitchRange(36, 76)`. The number 36 stands where the vocabulary belongs. A
        supplied value is never a number, a string, a list or the like. So the
        vocabulary is missing, and is inserted before 36. A missing argument that
        belongs after all given ones is added to `keywords`.

        Args:
            function: the class or function that the expression calls.
            positional: the positional arguments in the expression.
            keywords: the keyword arguments in the expression; changed in place.
        """
        filled, checked = list(positional), _checked_fields(function)
        parameters = inspect.signature(function).parameters
        for place, (name, parameter) in enumerate(parameters.items()):
            needed = parameter.default is parameter.empty and name not in keywords
            if not needed or name not in self.supplied or name in checked:
                continue
            if place >= len(filled):
                keywords[name] = self.supplied[name]
            elif isinstance(filled[place], _LITERALS):
                filled.insert(place, self.supplied[name])
        return filled

    def arguments_of(self, function) -> str:
        """Return the names of the arguments of `function`, separated by commas.

        The arguments that the caller of `read_expression` supplies are left out. "model
        or run" stands for `model` if a run folder may be given instead.
        """
        supplied = self.supplied.keys() - _checked_fields(function)
        parameters = inspect.signature(function).parameters
        names = [name for name in parameters if name not in supplied]
        if self.model_of and "model" in names:
            names[names.index("model")] = "model or run"
        return ", ".join(names) or "none"

    def require_objects(self, function, arguments: dict[str, Any]) -> None:
        """Raise ValueError if a literal stands where an object is needed.

        A literal is a number, a string, a list or the like. An object is a model, or
        anything that the caller of `read_expression` supplies, such as a vocabulary.
        `arguments` holds the arguments of a call of `function`, by name.
        """
        objects = {"model", *self.supplied} - _checked_fields(function)
        for name, value in arguments.items():
            if name in objects and isinstance(value, _LITERALS):
                other = ' or run="FOLDER"' if name == "model" and self.model_of else ""
                raise ValueError(f"{name} is {value!r}; it must be {name}{other}")

    def look_up_ids(self, function, arguments: dict[str, Any]) -> None:
        """Replace symbols, such as "C4", by their ids in arguments that hold ids.

        `arguments` holds the arguments of a call of `function`, by name, and is changed
        in place.
        """

        def looked_up(value):
            if isinstance(value, list | tuple):
                return [looked_up(entry) for entry in value]
            return self.id_of(value) if isinstance(value, str) else value

        if self.id_of and dataclasses.is_dataclass(function):
            for field in dataclasses.fields(function):
                if field.metadata.get("ids") and field.name in arguments:
                    arguments[field.name] = looked_up(arguments[field.name])

    def exchange_numbers(self, function, arguments: dict[str, Any]) -> None:
        """Replace each number that is the value of a field with bounds.

        The function `number_of` returns the number to use instead. Without it, nothing
        is replaced. Ids and numbers in lists are not replaced either. `arguments` holds
        the arguments of a call of `function`, by name, and is changed in place.
        """
        if not self.number_of or not dataclasses.is_dataclass(function):
            return
        for field in dataclasses.fields(function):
            value: Any = arguments.get(field.name)
            is_number = "bounds" in field.metadata and not field.metadata.get("ids")
            if is_number and type(value) in (int, float):
                arguments[field.name] = self.number_of(value, field)

    def part(self, node: ast.expr) -> str:
        """Return the text of a part of the expression, shortened if it is long."""
        return _shown(ast.get_source_segment(self.text, node) or "")

    def refusal(self, problem: str, node: ast.expr | None = None) -> ValueError:
        """Return an error about the expression, or about a part of it.

        Args:
            problem: what is wrong, in words.
            node: the syntax tree of the part; None for the whole expression.
        """
        if node is None:
            return self.refusal_at(None, problem)
        # Python counts the bytes of the line.
        line = self.text.split("\n")[node.lineno - 1].encode()
        column = len(line[: node.col_offset].decode())
        return self.refusal_at((node.lineno, column), problem)

    def refusal_at(self, place: tuple[int, int] | None, problem: str) -> ValueError:
        """Return an error about one position in the expression.

        Args:
            place: the line, counted from 1, and the column, counted from 0; None for
                the expression as a whole.
            problem: what is wrong, in words.
        """
        where = ""
        if place is not None:
            before = self.text.split("\n")[: place[0] - 1]
            character = sum(len(line) + 1 for line in before) + place[1] + 1
            where = f"at character {character}, "
        problem = _shown(problem, _LONGEST_PROBLEM)
        return ValueError(
            f"{self.argument} is {_shown(repr(self.text))}; {where}{problem}"
        )


def _is_called(value):
    """Return whether `value` is a class or a function, which must be called."""
    return isinstance(value, type) or inspect.isroutine(value)


def _checked_fields(function):
    """Return the names of the fields whose values the class checks and casts.

    Such fields hold numbers, ids, or True or False. Fields that hold models or other
    objects are not among them.
    """
    if not dataclasses.is_dataclass(function):
        return set()
    fields = dataclasses.fields(function)
    return {field.name for field in fields if "cast" in field.metadata}


def _nearest(name, names):
    """Return the known names that are most similar to a name, at most three."""
    spellings = {known.lower().replace("_", ""): known for known in names}
    spelled = name.lower().replace("_", "")
    for cutoff in (0.6, 0.0):
        found = difflib.get_close_matches(spelled, spellings, n=3, cutoff=cutoff)
        if found:
            break
    return [spellings[spelling] for spelling in found]


def _shown(text, longest=_LONGEST_SHOWN):
    """Return a text on one line, shortened if it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[:longest] + "..."
