"""Load a pretrained equivariant network and predict real orbits.

Run: python examples/load_and_predict.py
"""

from pathlib import Path

import torch

import zoo
from zoo.tasks import get_task

orbits = Path(__file__).parent / "data" / "orbits.csv"
task = get_task("two_body")
past, future = task.read(orbits)

model = zoo.load("emlp-2body")
with torch.no_grad():
    predicted = model(past)

error = torch.mean((predicted - future) ** 2).item()
standing_still = torch.mean((past[:, -1:] - future) ** 2).item()
print(model.symmetry)
print(f"{len(past)} windows of {orbits.name}")
print(f"mean square error of the network            {error:.2e}")
print(f"mean square error of repeating the last step {standing_still:.2e}")
