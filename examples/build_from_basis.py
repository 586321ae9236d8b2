"""Build an equivariant network from a basis of your own, and see that it keeps the promise.

Run: python examples/build_from_basis.py
"""

import torch

import zoo

# Hyperbolic rotations of the plane: they keep x^2 - y^2, not the distance.
boost = zoo.LieAlgebra([[[0.0, 1.0], [1.0, 0.0]]])
print(boost)

network = zoo.build(
    "emlp",
    boost,
    rep_in="3x1",  # three points of the plane
    rep_out="1x1",  # one vector
    input_shape=(3, 2),
    output_shape=(2,),
    hidden="24x0 + 8x1",
    layers=2,
)

points = torch.randn(5, 3, 2)
g = boost.exp(torch.tensor([0.7]))
difference = network(network.rep_in.act(g, points)) - network.rep_out.act(g, network(points))
print(f"f(gx) against g f(x): {difference.abs().max().item():.1e}")
print(zoo.certify(network))
