"""Read a mass and a metric out of an L-conv layer that was trained on waves.

The mean-square loss of one L-conv layer is the Lagrangian of a free field (Dehmamy et al. 2021): its weights
are a mass matrix and a kinetic form. Here a layer with the generators of translations in time and space sees waves of
an unknown medium, and is trained to make their action stationary. What it has learned is the Klein-Gordon equation

    d^2 f / dt^2 = c^2 d^2 f / dx^2 - m^2 f,

and `zoo.lagrangian` reads c^2 and m^2 from its weights.
"""

from __future__ import annotations

import torch

import zoo
from zoo.symmetries.grid import Grid, lattice_edges

SPEED, MASS = 0.7, 3.0  # of the medium; the layer is not told
SIDE, INSIDE = 24, 6

torch.manual_seed(0)
grid = Grid((SIDE, SIDE))  # time runs along the rows, x along the columns; both from -1 to 1
x, t = grid.points.T


def waves(count: int, modes: int = 6) -> torch.Tensor:
    """Sums of plane waves with omega^2 = c^2 k^2 + m^2, `(count, d)`."""
    k = 2 * torch.randn(count, modes, 1, dtype=torch.float64)
    omega = torch.sqrt(SPEED**2 * k**2 + MASS**2)
    sign, phase = torch.randn(count, modes, 1).sign(), 2 * torch.pi * torch.rand(count, modes, 1, dtype=torch.float64)
    height = torch.randn(count, modes, 1, dtype=torch.float64)
    return (height * torch.cos(k * x + sign * omega * t + phase)).sum(1)


# 1. One L-conv layer from one field to three features, its generators d_x and d_t between near nodes.
symmetry = zoo.LieAlgebra.translations(2)
edges = lattice_edges(grid, reach=3, diagonals=True)
net = zoo.build(
    "lconv", symmetry, input_shape=(SIDE**2, 1), points=grid.points, edges=edges, degree=6, hidden=[3], head="mean"
).double()
layer, metric = net.layers[0], torch.diag(torch.tensor([1.0, 1.0, -1.0]))  # space-time has both signs

# 2. Train it: fields that are waves solve the field equation of its Lagrangian.
f = waves(64)[:, None]
inside = torch.zeros(SIDE, SIDE, dtype=torch.bool)
inside[INSIDE:-INSIDE, INSIDE:-INSIDE] = True  # away from the edges, where derivatives have few neighbours
optimizer = torch.optim.Adam(layer.parameters(), lr=0.03)
for step in range(300):
    found = zoo.lagrangian(layer, metric=metric)
    by_mass, whole = (found.mass * f)[:, :, inside.flatten()], found.equation(f)[:, :, inside.flatten()]
    # relative to its two terms, or the layer that is zero would do
    loss = whole.square().mean() / (by_mass.square() + (whole - by_mass).square()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 99:
        print(f"step {step + 1}: field equation violated by {float(loss.detach()) ** 0.5:.1e}")

# 3. Read the physics: h^{alpha beta} in the coordinates (x, t), and m2.
with torch.no_grad():
    found = zoo.lagrangian(layer, metric=metric)
form = found.form()[inside.flatten()].mean(0)[:, :, 0, 0]
print(found)
print("metric h in (x, t), up to a factor:", (form / form[1, 1].abs()).numpy().round(3).tolist())
print(f"speed squared {-form[0, 0] / form[1, 1]:.3f} (the medium's: {SPEED**2:.3f})")
print(f"mass squared {-found.mass[0, 0] / form[1, 1]:.3f} (the medium's: {MASS**2:.3f})")
