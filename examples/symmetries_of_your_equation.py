"""The symmetries of an equation of your own, as vector fields, from its solutions; and more solutions by them.

Heat that drifts, u_t + u_x / 2 = u_xx / 10. All that is given are solutions on a grid and the equation as a function.
Fields that are learned from these take solutions to solutions: shifts of x, of t and of u, and any multiple of u.
Run: python examples/symmetries_of_your_equation.py  (half a minute; more epochs for more accurate fields)
"""

import math

import torch

import zoo
from zoo.symmetries.field_span import compare

torch.manual_seed(0)
x = torch.arange(64, dtype=torch.float64) * 2 * math.pi / 64
t = torch.linspace(0, 2, 32, dtype=torch.float64)


def drifting_heat(u_t: torch.Tensor, u_x: torch.Tensor, u_xx: torch.Tensor) -> torch.Tensor:
    return u_t + 0.5 * u_x - 0.1 * u_xx


k = torch.arange(1, 5, dtype=torch.float64)
size, phase = torch.randn(64, 1, 1, 4) / k, 2 * math.pi * torch.rand(64, 1, 1, 4)
u = (
    size * torch.exp(-0.1 * k**2 * t[:, None, None]) * torch.sin(k * (x[:, None] - 0.5 * t[:, None, None]) + phase)
).sum(-1)

found = zoo.discover(
    "flow", (u, x, t), score=drifting_heat, count=4, trunk=[32, 32], head=16, epochs=15, reach=0.8, progress=False
)
print(found.report["verdict"])


def known(points: torch.Tensor) -> torch.Tensor:
    one, zero = torch.ones(len(points)), torch.zeros(len(points))
    shifts = [torch.stack([one, zero, zero], 1), torch.stack([zero, one, zero], 1), torch.stack([zero, zero, one], 1)]
    return torch.stack([*shifts, torch.stack([zero, zero, points[:, 2]], 1)], dim=2)


points = torch.stack([x.expand(64, 32, 64), t[:, None].expand(64, 32, 64), u], dim=3).flatten(0, 2)[::101]
agreement = compare(found.field, zoo.symmetry(known, n=3), points, scale=found.field.scale)
for name, share in zip(("shift of x", "shift of t", "shift of u", "multiples of u"), agreement.explained, strict=True):
    print(f"{name}: {share:.4f} of it lies in what was found")

# More solutions to train a network on, moved by the symmetries afresh whenever they are taken.
data = zoo.augment((u, x, t), found, reach=0.1, share=1.0)
moved, known = next(iter(torch.utils.data.DataLoader(data, batch_size=16)))
away = (moved - u[:16]).abs().amax((1, 2))
print(f"moved by up to {float(away.max()):.2f}, known at {int(known.sum(1).min())} of {len(t)} times at least")
