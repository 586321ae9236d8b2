"""LieGNN on an algebra of your own, for point clouds that are not jets: events in the plane and time, (t, x, y).

Sparks fly apart from the origin, in one kind of cloud all for the same proper time, in the other for different ones.
An observer in motion sees other times and places, and agrees on t^2 - x^2 - y^2 alone: the algebra is so(2,1), two
boosts and a rotation. Trained on clouds that slow observers saw, tested on those of fast ones, beside a null: the same
network with the rotations of (t, x, y), which keep t^2 + x^2 + y^2.
Run: python examples/liegnn_custom_algebra.py
"""

import torch

import zoo

torch.manual_seed(0)

# Three generators on (t, x, y): any basis will do, also one that was discovered.
boosts_and_turn = zoo.LieAlgebra(
    [
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]],
    ]
)


def clouds(number: int, rapidity: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Zero padded events `(number, 12, 3)` of 6 to 12 sparks, and 1 where all have the same proper time."""
    kind = torch.arange(number) % 2
    speed = 1.5 * torch.randn(number, 12, 2)
    proper = torch.where(kind[:, None] == 1, 1.0, torch.empty(number, 12).uniform_(0.7, 1.3))
    events = torch.cat([(1 + speed.square().sum(-1, keepdim=True)).sqrt(), speed], dim=-1) * proper[..., None]
    z = torch.zeros(number, 3)
    z[:, 0] = rapidity * (2 * torch.rand(number) - 1)
    z[:, 2] = 2 * torch.pi * torch.rand(number)
    events = boosts_and_turn.act(events, z)
    there = torch.arange(12) < torch.randint(6, 13, (number, 1))
    return torch.where(there[..., None], events, 0.0), kind.float()


train, test = clouds(400, rapidity=0.3), clouds(400, rapidity=2.0)


def accuracy(network: torch.nn.Module, epochs: int = 12) -> float:
    """Of a network trained on slow observers, on fast ones."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(train[0])).split(50):
            logits = network(train[0][rows])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, train[1][rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        return ((network(test[0]) > 0) == (test[1] > 0.5)).float().mean().item()


options = {"k": 3, "hidden": 16, "layers": 2, "dropout": 0.0}
network = zoo.build("liegnn", boosts_and_turn, **options)
print(boosts_and_turn)
print(f"its invariant form: {torch.round(network.forms[0], decimals=3).tolist()}")
print(f"so(2,1), boosts and rotations: accuracy {accuracy(network):.2f}")
turns = zoo.build("liegnn", "so(3)", **options)
print(f"null, rotations of (t, x, y):  accuracy {accuracy(turns):.2f}")
print(zoo.certify(network, samples=16))
