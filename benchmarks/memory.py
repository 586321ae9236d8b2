"""How much memory work takes."""

from __future__ import annotations

from collections.abc import Callable


def peak(work: Callable[[], object]) -> float:
    """MB that tensors made by `work` hold at most, beside what was there before: all that asks torch's allocator."""
    from torch.profiler import ProfilerActivity, profile

    work()  # gradients are there, and whatever is kept
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        work()
    kineto = profiler.profiler.kineto_results  # type: ignore[union-attr]
    changes = [(event.start_ns(), event.nbytes()) for event in kineto.events() if event.name() == "[memory]"]
    held, most = 0, 0
    for _, change in sorted(changes, key=lambda pair: pair[0]):
        held += change
        most = max(most, held)
    return most / 2**20
