"""Fine-tune a pretrained network on data of your own: here, orbits under a force that is twice as strong.

Run: python examples/finetune_on_your_data.py
"""

import tempfile
from pathlib import Path

import torch

import zoo
from zoo.tasks import get_task

# A force twice as strong is the old problem with time running sqrt(2) faster and momenta larger by as much.
task = get_task("two_body")
faster = 2**0.5


def stronger_force(split: str, orbits: int) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = task.make(split, size=orbits, time_step=20 / 49 * faster)
    momenta = torch.tensor([1.0, 1.0, faster, faster] * 2)
    return x.float() * momenta, y.float() * momenta


model = zoo.load("emlp-2body")
x_test, y_test = stronger_force("test", 100)


def error(network: torch.nn.Module) -> float:
    with torch.no_grad():
        return torch.mean((network(x_test) - y_test) ** 2).item()


print(f"before: {error(model):.2e}")
with tempfile.TemporaryDirectory() as folder:
    tuned = zoo.finetune(
        model, stronger_force("train", 50), epochs=40, lr=1e-3, out=Path(folder) / "tuned.safetensors", progress=False
    )
    again = zoo.load(Path(folder) / "tuned.safetensors")
print(f"after:  {error(tuned):.2e} (loaded from its file: {error(again):.2e})")
