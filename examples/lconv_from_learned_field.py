"""A vector field that was learned on images, turned into an L-conv network.

All that is given are images of bright spots, and features of them that a network might have learned: how much light
there is at each distance from the middle. A field on the plane is learned whose flow leaves these alone. It comes out
as a turn about the middle, is read as a matrix, and an L-conv network is built of it.
Run: python examples/lconv_from_learned_field.py  (a quarter of a minute)
"""

import torch

import zoo
from zoo.symmetries import Grid, LieAlgebra

SIDE = 20
torch.manual_seed(0)
grid = Grid((SIDE, SIDE))
points = grid.points.float()
middles = 1.2 * (torch.rand(200, 3, 1, 2) - 0.5)
images = torch.exp(-((points - middles) ** 2).sum(-1) / 0.02).sum(1).view(-1, 1, SIDE, SIDE)
distances = torch.linspace(0.05, 0.95, 16)
rings = torch.exp(-((points.norm(dim=1)[:, None] - distances) ** 2) / 0.004)


def features(x: torch.Tensor) -> torch.Tensor:
    return x.flatten(1) @ (rings / rings.sum(0))


found = zoo.discover(
    "flow", images, score=features, count=3, trunk=[32, 32], head=16, epochs=12, lr=0.01, reach=1.5, progress=False
)
print(found.report["verdict"])

field = found.symmetry  # the slots that hold symmetries
part = field.affine_part(grid.points)
print(f"affine-ness of the field: {float(part.affineness[0]):.3f}")
print("its matrix:", [[round(value, 2) for value in row] for row in part.matrices[0].tolist()])

algebra = part.to_algebra(tolerance=0.2)  # offsets of less than a fifth are left out: the middle is the middle
print(f"read as a Lie algebra: {algebra.recognise().name}")
net = zoo.build("lconv", field, input_shape=(1, SIDE, SIDE), output_shape=(10,), hidden=[16])
learned, true = (grid.generators(one).flatten() for one in (algebra, LieAlgebra.so(2)))
cosine = float(learned @ true / (learned.norm() * true.norm()))
print(f"its generator on the pixels beside that of the true turn: cosine {abs(cosine):.3f}")
print(f"an L-conv network of it: {sum(p.numel() for p in net.parameters()):,} parameters, {net(images[:2]).shape}")
