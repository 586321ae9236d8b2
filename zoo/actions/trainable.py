"""What a fine-tuning trains: everything, the head, or low-rank updates; and a table that says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ..errors import ConfigError

TRAINABLE = ("all", "head", "low_rank")


@dataclass(frozen=True)
class Group:
    """The parameters of one part of a network: how many there are, how many numbers are trained, and how."""

    name: str
    parameters: int
    trained: int
    how: str


@dataclass(frozen=True)
class Plan:
    """What is trained and what is frozen."""

    trainable: str
    groups: tuple[Group, ...]

    @property
    def trained(self) -> int:
        """Numbers that are trained."""
        return sum(group.trained for group in self.groups)

    @property
    def parameters(self) -> int:
        """Parameters of the network."""
        return sum(group.parameters for group in self.groups)

    def __str__(self) -> str:
        rows = [f"{g.name}: {g.how}, {g.trained:,} of {g.parameters:,}" for g in self.groups]
        return "\n".join([f"trains {self.trained:,} numbers for {self.parameters:,} parameters", *rows])

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title=f'fine-tuning, trainable="{self.trainable}"', title_justify="left", show_footer=True)
        table.add_column("part", footer="all")
        table.add_column("parameters", footer=f"{self.parameters:,}", justify="right")
        table.add_column("trained numbers", footer=f"{self.trained:,}", justify="right")
        table.add_column("how")
        for group in self.groups:
            style = "dim" if group.trained == 0 else None
            table.add_row(group.name, f"{group.parameters:,}", f"{group.trained:,}", group.how, style=style)
        return table


class LowRank(nn.Module):
    """W -> W + U V for a weight seen as a matrix, its first axis against the others; U is zero at first.

    For a layer whose weights are coefficients over a solved basis of equivariant maps this stays within the solved
    space, whatever U and V are.

    Parameters
    ----------
    weight : Tensor
        `(m, ...)`.
    rank : int
        Columns of U and rows of V.
    generator : torch.Generator
        Of the random V.
    """

    def __init__(self, weight: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        rows, columns = _matrix_shape(weight)
        start = torch.randn(rank, columns, generator=generator, dtype=weight.dtype) / math.sqrt(columns)
        self.down = nn.Parameter(start.to(weight.device))
        self.up = nn.Parameter(weight.new_zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        """The updated weight."""
        return weight + (self.up @ self.down).view_as(weight)


@contextmanager
def only(module: nn.Module, trainable: str, rank: int, seed: int) -> Iterator[Plan]:
    """Within the block only the chosen numbers require gradients; afterwards the module has its own parameters again.

    Low-rank updates are added to the weights at the end, so that the state dict is that of the original. Where the
    block fails, they are added as well: use a copy where that matters.

    Raises
    ------
    ConfigError
        If `trainable` or `rank` is none that there is.
    """
    if trainable not in TRAINABLE:
        raise ConfigError(f"trainable must be one of {', '.join(TRAINABLE)}, got {trainable!r}")
    if rank < 1:
        raise ConfigError(f"the rank of the low-rank updates must be at least 1, got {rank}")
    before = [(parameter, parameter.requires_grad) for parameter in module.parameters()]
    names = [name for name, _ in module.named_parameters()]
    sizes = {name: parameter.numel() for name, parameter in module.named_parameters()}
    trained: dict[str, tuple[int, str]] = {}
    updated: list[tuple[nn.Module, str]] = []
    head = _head(module) if trainable == "head" else _everything
    generator = torch.Generator().manual_seed(seed)
    try:
        for name in names:
            owner, attribute = _owner(module, name)
            parameter = getattr(owner, attribute)
            low = trainable == "low_rank" and _pays(parameter, rank)
            parameter.requires_grad_(not low and head(name))
            if low:
                update = LowRank(parameter.detach(), rank, generator)
                parametrize.register_parametrization(owner, attribute, update)
                updated.append((owner, attribute))
                trained[name] = (update.up.numel() + update.down.numel(), f"low rank {rank}")
            else:
                trained[name] = (sizes[name], "all") if head(name) else (0, "frozen")
        yield Plan(trainable, _groups(trained, sizes))
    finally:
        for owner, attribute in updated:
            parametrize.remove_parametrizations(owner, attribute, leave_parametrized=True)
        for parameter, required in before:
            parameter.requires_grad_(required)


def _groups(trained: dict[str, tuple[int, str]], sizes: dict[str, int]) -> tuple[Group, ...]:
    parts: dict[str, list[str]] = {}
    for name in trained:
        words = name.split(".")
        parts.setdefault(".".join(words[: 2 if len(words) > 2 and words[1].isdigit() else 1]), []).append(name)
    return tuple(
        Group(
            part,
            sum(sizes[name] for name in names),
            sum(trained[name][0] for name in names),
            " and ".join(sorted({trained[name][1] for name in names})),
        )
        for part, names in parts.items()
    )


def _pays(parameter: Tensor, rank: int) -> bool:
    """Whether a low-rank update has fewer numbers than the weight; smaller weights and biases are trained whole."""
    if parameter.ndim < 2:
        return False
    rows, columns = _matrix_shape(parameter)
    return rank * (rows + columns) < rows * columns


def _matrix_shape(weight: Tensor) -> tuple[int, int]:
    return weight.shape[0], weight[0].numel()


def _head(module: nn.Module) -> Callable[[str], bool]:
    """Which parameters are the head: those below the family's `head_names`, else the last part that has any."""
    names = getattr(module, "head_names", None)
    if not names:
        owners = [path for path, part in module.named_modules() if any(True for _ in part.parameters(recurse=False))]
        names = owners[-1:]
    return lambda name: any(name == head or head == "" or name.startswith(f"{head}.") for head in names)


def _everything(name: str) -> bool:
    return True


def _owner(module: nn.Module, name: str) -> tuple[nn.Module, str]:
    path, _, attribute = name.rpartition(".")
    return module.get_submodule(path), attribute
