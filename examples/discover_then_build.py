"""Discover the symmetry of data, look at it, and build a network that has it.

The data are pairs (x, y) with y = x / |x|^2 on the plane: nobody tells the discoverer that rotations commute with that.
Run: python examples/discover_then_build.py
"""

import torch

import zoo

torch.manual_seed(0)
x = torch.randn(2000, 2)
x = x / x.norm(dim=1, keepdim=True) * (1 + torch.rand(2000, 1))  # 1 < |x| < 2
y = x / x.square().sum(1, keepdim=True)

found = zoo.discover("liegan", (x, y), rep_in="1x1", rep_out="1x1", k=2, epochs=60, progress=False)
print(found.symmetry)
for name, value in found.report.items():
    print(f"  {name}: {value}")

network = zoo.build(
    "emlp",
    found.symmetry,
    rep_in="1x1",
    rep_out="1x1",
    input_shape=(2,),
    output_shape=(2,),
    hidden="16x0 + 4x1",
    layers=1,
)
print(zoo.certify(network))
