"""Build an L-conv network for images from a basis that LieGAN discovered in something else.

LieGAN looks at points of the plane and what a spring does to them, and finds the rotations so(2). The generator, a
2 x 2 matrix on coordinates, becomes a matrix on the pixels of an image by Shannon-Whittaker interpolation, and that is
what an L-conv layer eats. The network learns to turn images by an angle that it has to find; so do, for comparison, the
same network with a random generator and one with none.
Run: python examples/lconv_from_discovered_basis.py
"""

import torch

import zoo
from zoo.symmetries.grid import Grid

torch.manual_seed(0)

# 1. Discover, on points: the force of a spring that is fixed at the origin.
position = torch.randn(2000, 2)
position = position / position.norm(dim=1, keepdim=True) * (1 + torch.rand(2000, 1))
force = -position
found = zoo.discover("liegan", (position, force), rep_in="1x1", rep_out="1x1", k=2, epochs=60, progress=False)
print("found:", found.symmetry)

# 2. Spend it, on images: blobs, and the same blobs turned.
SIDE, ANGLE = 15, 0.4
grid = Grid((SIDE, SIDE))
generator = torch.Generator().manual_seed(1)


def images(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three blobs each, before and after: `(count, 1, 15, 15)`."""
    centres = 1.1 * torch.rand(count, 3, 2, generator=generator, dtype=torch.float64) - 0.55
    turned = zoo.LieAlgebra.so2().act(centres, torch.tensor([ANGLE], dtype=torch.float64))
    both = []
    for places in (centres, turned):
        apart = (grid.points - places[:, :, None]).square().sum(-1)
        both.append(torch.exp(-apart / 0.06).sum(1).view(count, 1, SIDE, SIDE).float())
    return both[0], both[1]


data, (x, y) = images(512), images(256)
scale = float((y - y.mean()).square().mean())
print(f"leaving images as they are: {float((x - y).square().mean()) / scale:.3f} of their variance")
for name, symmetry in (
    ("the discovered generator", found.symmetry),
    ("a random generator", zoo.LieAlgebra(torch.randn(1, 2, 2))),
    ("no generator", zoo.LieAlgebra(torch.zeros(1, 2, 2))),
):
    torch.manual_seed(0)
    net = zoo.build(
        "lconv", symmetry, input_shape=(1, SIDE, SIDE), output_shape=(1, SIDE, SIDE), hidden=[12, 12, 12], head="nodes"
    )
    net = zoo.finetune(net, data, epochs=20, lr=1e-2, batch_size=32, progress=False)
    with torch.no_grad():
        print(f"{name}: {float((net(x) - y).square().mean()) / scale:.3f}")
