"""Shapes of inputs and outputs of an L-conv network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import ConfigError


def channels(
    input_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...], head: str, blocks: Sequence[int]
) -> tuple[int, int]:
    """Numbers of features that go in, and that come out of the head.

    Raises
    ------
    ConfigError
        If the shapes are none of a network, or do not fit the head or the pooling.
    """
    ends = [shape[1:] if len(shape) == 2 and shape[0] is None else shape for shape in (input_shape, output_shape)]
    if len(input_shape) not in (2, 3) or any(n is None or n < 1 for shape in ends for n in shape):
        raise ConfigError(
            f"lconv takes images (C, H, W), or m features on d nodes (d, m); got the input_shape {list(input_shape)} "
            f"and the output_shape {list(output_shape)}"
        )
    place = 0 if len(input_shape) == 3 else 1  # of the features among the lengths

    def nodes(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape[:place] + shape[place + 1 :]

    if head == "nodes":
        same = len(output_shape) == len(input_shape) and nodes(output_shape) == nodes(input_shape)
        if not same or any(block > 1 for block in blocks):
            raise ConfigError(
                f'head="nodes" gives features on the nodes of the inputs {list(input_shape)}, without pooling: the '
                f"output_shape must be as long, with these nodes; got {list(output_shape)}"
            )
    elif len(output_shape) > 1:
        raise ConfigError(f'head="{head}" gives (classes,) or (); got the output_shape {list(output_shape)}')
    outer: Any = output_shape[place] if head == "nodes" else output_shape[-1] if output_shape else 1
    return input_shape[place], outer  # type: ignore[return-value]
