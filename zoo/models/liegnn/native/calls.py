"""The compiled functions, called on tensors."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ....caching import cache_folder
from ..clouds import Group
from .compiling import CannotCompile, shared_library

_log = logging.getLogger(__name__)
_VECTOR_BYTES = 32


class _Group(ctypes.Structure):
    _fields_ = (
        ("clouds", ctypes.c_int64),
        ("n", ctypes.c_int64),
        ("width", ctypes.c_int64),
        ("features", ctypes.c_int64),
        ("counts", ctypes.POINTER(ctypes.c_int64)),
    )


_Eight = ctypes.c_void_p * 8


@cache
def native() -> Native | None:
    """The compiled functions; None, with a warning in the log, where they cannot be compiled."""
    try:
        return Native(ctypes.CDLL(str(shared_library(cache_folder("native")))))
    except (CannotCompile, OSError) as error:
        _log.warning("the messages of point clouds are not compiled and stay slower: %s", error)
        return None


class Native:
    """`forward` and `backward` of one group of clouds.

    Parameters
    ----------
    library : CDLL
        Compiled from walk.cpp.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    @staticmethod
    def takes(a: Tensor) -> bool:
        """Whether features like these can be walked: on a CPU, of a width that fills vectors."""
        known = a.device.type == "cpu" and a.dtype in (torch.float32, torch.float64)
        return known and a.shape[-1] * a.element_size() % _VECTOR_BYTES == 0

    def forward(
        self, group: Group, a: Tensor, b: Tensor, f: Tensor, weights: Sequence[Tensor | None]
    ) -> tuple[Tensor, Tensor | None]:
        """S `(m, H)` of the group's m points, and q `(g, n, n)` or None; a and b `(m, H)`, contiguous."""
        summed = torch.empty_like(a)
        weighed = None if weights[-1] is None else torch.zeros(f.shape[:3], dtype=f.dtype)
        self._call("forward", group, a, b, f, weights, summed, weighed)
        return summed, weighed

    def backward(
        self,
        group: Group,
        a: Tensor,
        b: Tensor,
        f: Tensor,
        weights: Sequence[Tensor | None],
        d_summed: Tensor,
        d_weighed: Tensor | None,
        d_f: Tensor | None,
        totals: Sequence[Tensor | None],
    ) -> tuple[Tensor, Tensor]:
        """Derivatives by a and b `(m, H)`; that by f is written to `d_f`, those by the weights added to `totals`."""
        d_a, d_b = torch.zeros_like(a), torch.zeros_like(b)
        self._call("backward", group, a, b, f, weights, d_summed, d_weighed, d_a, d_b, d_f, totals)
        return d_a, d_b

    def _call(self, name: str, group: Group, a: Tensor, *arguments: Any) -> None:
        f = arguments[1]
        counts = (ctypes.c_int64 * len(group.counts))(*group.counts)
        shape = _Group(group.count, group.n, a.shape[-1], f.shape[-1] - 1, counts)
        function = getattr(self._library, f"{name}_{str(a.dtype).removeprefix('torch.')}")
        function(ctypes.byref(shape), *map(_pointer, (a, *arguments)))


def _pointer(argument: Any) -> Any:
    """A tensor's memory, or an array of the memories of eight weights."""
    if argument is None:
        return None
    if isinstance(argument, Tensor):
        assert argument.is_contiguous()
        return ctypes.c_void_p(argument.data_ptr())
    return ctypes.byref(_Eight(*(None if each is None else each.data_ptr() for each in argument)))
