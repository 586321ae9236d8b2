"""YAML restricted to plain data, with the scalars of YAML 1.2: `1e-3` is a number and `no` is a string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from ..errors import RegistryError

if TYPE_CHECKING:
    from yaml import SafeDumper as _Dumper
    from yaml import SafeLoader as _Loader
else:  # the C versions, where PyYAML has them
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_SCALARS = [
    ("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")),
    ("tag:yaml.org,2002:int", re.compile(r"^[-+]?\d+$"), list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$"),
        list("-+.0123456789"),
    ),
]


class _PlainLoader(_Loader):
    yaml_implicit_resolvers: ClassVar[dict] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """As the safe loader, but a key may occur once only, and must be a string or a number."""
        seen: set = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, dict | list):
                raise _fault("a key must be a name", key_node)
            if key in seen:
                raise _fault(f"duplicate key {key!r}: each name may occur once", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


class _PlainDumper(_Dumper):
    yaml_implicit_resolvers: ClassVar[dict] = {}

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _decimal(loader: _PlainLoader, node: yaml.ScalarNode) -> int:
    return int(node.value)  # not the octal of YAML 1.1: 010 is ten


def _row(dumper: _PlainDumper, data: list | tuple) -> yaml.Node:
    """Lists of numbers and words on one line: `input_shape: [5, 8]`."""
    flat = all(isinstance(item, int | float | str | None) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)


for _tag, _pattern, _first in _SCALARS:
    _PlainLoader.add_implicit_resolver(_tag, _pattern, _first)
    _PlainDumper.add_implicit_resolver(_tag, _pattern, _first)
_PlainLoader.add_constructor("tag:yaml.org,2002:int", _decimal)
_PlainDumper.add_representer(list, _row)
_PlainDumper.add_representer(tuple, _row)


def load(text: str, where: str) -> Any:
    """Read plain data: mappings, lists, strings, numbers, booleans and null.

    Raises
    ------
    RegistryError
        If the text is not YAML, repeats a key, or holds tags, anchors or aliases; `where` and the line are named.
    """
    try:
        if "&" in text or "*" in text:
            _refuse_anchors(text)
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.constructor.ConstructorError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        problem = error.problem or "unreadable"
        if "tag" in problem:
            problem = f"{problem}: only plain data are read (mappings, lists, strings, numbers), no tags or objects"
        raise RegistryError(f"{where}, line {line}: {problem}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise RegistryError(f"{where}, line {line}: not valid YAML ({error.problem})") from error
    except yaml.YAMLError as error:
        raise RegistryError(f"{where}: not valid YAML ({error})") from error


def dump(data: Any) -> str:
    """Plain data as YAML in the given order; `load` reads the same data back."""
    return yaml.dump(data, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)


def _refuse_anchors(text: str) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None) is not None:
            mark = event.start_mark
            raise yaml.constructor.ConstructorError(
                problem=f"the anchor or alias {event.anchor!r}: write the value out instead", problem_mark=mark
            )


def _fault(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
