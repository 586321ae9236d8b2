"""Make EQUATION.h5, eight test solutions of each equation on every second node, as float32: samples of the test split.

Run: python examples/data/make_solutions.py
"""

from pathlib import Path

import h5py
import numpy as np

from zoo.atomic import open_atomically
from zoo.tasks import get_task

here = Path(__file__).parent
for equation in ("kdv", "ks", "burgers", "nkdv", "ckdv"):
    path = here / f"{equation}.h5"
    count = get_task("pde").write(path, "test", size=8, equation=equation, every=2)
    with h5py.File(path) as file:
        parts = {name: np.asarray(part) for name, part in file["test"].items()}
    with open_atomically(path) as stream, h5py.File(stream, "w") as file:
        group = file.create_group("test")
        for name, values in parts.items():
            narrow = values.astype("f4") if name.startswith("pde") else values
            group.create_dataset(name, data=narrow, compression="gzip", shuffle=True)
    print(f"{count} solutions written to {path}")
