"""Make mnist.npz, the first 500 test digits of MNIST, and digit.png, one of them turned.

Run: python examples/data/make_digits.py path/to/mnist.npz
MNIST is by Yann LeCun and Corinna Cortes, licence CC BY-SA 3.0.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from zoo.tasks import get_task

task, here = get_task("mnist"), Path(__file__).parent
x, y = task.make("test", size=500, data=sys.argv[1])
np.savez_compressed(here / "mnist.npz", x_test=x.values.squeeze(1).numpy(), y_test=y.numpy().astype(np.uint8))
turned, _ = task.make("test", size=1, variant="rotated", data=sys.argv[1])
Image.fromarray(turned.values[0, 0].numpy()).save(here / "digit.png")
print(f"{len(y)} digits written to {here}")
