"""Make orbits.csv: eight two-body orbits by scipy's integrator, which shares no code with the orbits of the training.

Run: python examples/data/make_orbits.py
"""

from pathlib import Path

from zoo.tasks import get_task

path = Path(__file__).with_name("orbits.csv")
count = get_task("two_body").write(path, "test", size=8, seed=2023, integrator="scipy")
print(f"{count} orbits written to {path}")
