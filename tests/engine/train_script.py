"""A small training run to be killed: `python train_script.py OUT [--resume] [--pause SECONDS] [--plain]`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from zoo.engine import Schedule, Supervised, fit


def data(n: int = 203) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 6, generator=generator)
    return x, torch.sin(x).cumsum(1)


def network(dropout: float = 0.1) -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 6))


def jitter(x: torch.Tensor, y: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    return x + 0.01 * torch.randn(x.shape, generator=generator, device=x.device), y


def schedule(**changes: object) -> Schedule:
    settings: dict = {
        "epochs": 12,
        "batch_size": 16,
        "seed": 3,
        "warmup": 1,
        "average": 0.9,
        "validate_every": 2,
        "checkpoint_steps": 5,
        "checkpoint_seconds": None,
    }
    return Schedule(**{**settings, **changes})


class Slow(Supervised):
    """Takes at least `pause` seconds a step, so that there is time to kill it."""

    pause = 0.0

    def step(self, batch, fit):
        time.sleep(self.pause)
        draw = torch.rand(3, generator=fit.shared)
        assert torch.equal(fit.mean(draw), draw), "fit.shared differs between the processes"
        return super().step(batch, fit)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--plain", action="store_true", help="without random numbers in the steps")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    module, (x, y) = network(0.0 if arguments.plain else 0.1), data()
    learner = Slow(module, lr=1e-2, weight_decay=1e-2, clip=1.0, augment=None if arguments.plain else jitter)
    learner.pause = arguments.pause
    fit(
        learner,
        (x, y),
        schedule(best="min mse"),
        out=arguments.out / "checkpoints",
        resume=arguments.resume,
        validate=lambda network: {"mse": (network(x) - y).square().mean().item()},
        device="cpu",
    )
    if int(torch.distributed.get_rank() if torch.distributed.is_initialized() else 0) == 0:
        save_file(module.state_dict(), arguments.out / "final.safetensors")


if __name__ == "__main__":
    main()
