"""When hand-written derivatives must give way to plain operations."""

from __future__ import annotations

import torch
from torch.autograd import forward_ad


def wants_plain_operations() -> bool:
    """Whether this call is compiled or exported, or differentiated forwards."""
    return torch.compiler.is_compiling() or forward_ad._current_level >= 0
