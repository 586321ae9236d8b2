"""L-conv on a sphere's points, where there is no grid: read an unknown rotation from fields before and after it.

600 points anywhere on a sphere, edges to their nearest neighbours, and the three generators of so(3) as weighted
differences along those edges. One L-conv layer f + sum_i w_i L_i f is fitted to pairs of fields: its weights are the
axis times the angle of the rotation. A network of such layers then does larger turns, which one step cannot.
Run: python examples/lconv_on_a_sphere.py
"""

import torch

import zoo
from zoo.models.lconv import LConv, Neighbours
from zoo.symmetries.grid import generators_on_points, nearest_edges

torch.manual_seed(0)
so3 = zoo.LieAlgebra.so(3)
points = torch.nn.functional.normalize(torch.randn(600, 3, dtype=torch.float64), dim=1)
axis = torch.nn.functional.normalize(torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64), dim=0)


def before_and_after(count: int, angle: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Sums of wide bumps on the sphere, and the same turned: `(count, 600, 1)` each."""
    centres = torch.nn.functional.normalize(torch.randn(count, 8, 3, dtype=torch.float64), dim=2)
    heights = torch.randn(count, 8, dtype=torch.float64)
    turned = so3.act(centres, angle * axis)
    fields = [torch.einsum("bm,bmd->bd", heights, torch.exp(3 * (c @ points.T - 1))) for c in (centres, turned)]
    return fields[0][:, :, None].float(), fields[1][:, :, None].float()


# 1. One layer, a small turn: the weights are axis times angle.
edges = nearest_edges(points, 12)
layer = LConv(Neighbours(edges, generators_on_points(so3, points, edges), 600, "given"), 1, 1, bias=False)
f, g = (x.mT for x in before_and_after(64, 0.05))
optimizer = torch.optim.LBFGS(layer.parameters(), line_search_fn="strong_wolfe")


def loss() -> torch.Tensor:
    optimizer.zero_grad()
    error = (layer(f) - g).square().mean()
    error.backward()
    return error


optimizer.step(loss)
found = layer.epsilon.detach().flatten()
print(
    f"axis found {[round(x, 3) for x in (found / found.norm()).tolist()]}, true {[round(x, 3) for x in axis.tolist()]}"
)
print(f"angle found {found.norm():.4f}, true 0.05")

# 2. Networks, a turn of half a radian: with the generators, and without any.
data, (x, y) = before_and_after(512, 0.5), before_and_after(128, 0.5)
print(f"leaving fields as they are: {float((x - y).square().mean() / y.square().mean()):.3f} of their square")
for name, basis in (
    ("with the generators of so(3)", so3),
    ("without generators", zoo.LieAlgebra(torch.zeros(1, 3, 3))),
):
    torch.manual_seed(0)
    net = zoo.build(
        "lconv", basis, input_shape=(600, 1), points=points, output_shape=(600, 1), hidden=[12, 12, 12], head="nodes"
    )
    net = zoo.finetune(net, data, epochs=8, lr=1e-2, batch_size=32, progress=False)
    with torch.no_grad():
        print(f"{name}: {float((net(x) - y).square().mean() / y.square().mean()):.3f}")
