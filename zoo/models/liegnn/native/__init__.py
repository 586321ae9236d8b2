"""The messages in compiled C++, where there is a compiler: the same up to rounding, several times as fast on a CPU."""

from .calls import Native, native
from .function import NativeMessages

__all__ = ["Native", "NativeMessages", "native"]
