"""The compiled walk says what the plain one says, and its absence stops nothing."""

from __future__ import annotations

import logging
import shutil

import pytest
import torch

from zoo import LieAlgebra
from zoo.errors import ConfigError
from zoo.models.liegnn import LieGNN
from zoo.models.liegnn.native import calls, compiling, native

COMPILER = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
# Relative to the largest entry: a few hundred roundings in another order.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 2e-4}


def jets(counts: list[int], dtype: torch.dtype) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    momenta = torch.randn(len(counts), max(counts), 3, generator=generator, dtype=torch.float64)
    there = torch.arange(max(counts)) < torch.tensor(counts)[:, None]
    return (torch.cat([momenta.norm(dim=-1, keepdim=True), momenta], -1) * there[..., None]).to(dtype)


def network(dtype: torch.dtype, **config) -> LieGNN:
    torch.manual_seed(0)
    made = LieGNN(LieAlgebra.lorentz(), **{"hidden": 24, "layers": 3, "beams": True, "dropout": 0.0, **config})
    for parameter in made.parameters():  # points shall move, and nothing shall be zero by construction
        parameter.data += 0.1 * torch.randn_like(parameter)
    return made.to(dtype)


def outcome(made: LieGNN, x: torch.Tensor) -> list[torch.Tensor]:
    """Logits, and derivatives by the inputs and by every parameter that has any effect."""
    x = x.clone().requires_grad_()
    logits = made(x, (x != 0).any(-1))
    weights = torch.linspace(0.5, 1.5, len(logits), dtype=x.dtype)
    named = [p for name, p in made.named_parameters() if name != "layers.0.update.0.bias"]
    return [logits.detach(), *torch.autograd.grad((weights * logits).sum(), [x, *named], allow_unused=True)]


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize(
    "config", [{}, {"moves": 0}, {"inner_products": False}, {"beams": False, "hidden": 32}], ids=str
)
def test_values_and_derivatives_are_those_of_the_plain_walk(dtype, config):
    made, x = network(dtype, **config), jets([5, 1, 33, 12, 12, 70], dtype)
    # in evaluation mode, where no bias is without effect
    made.eval()
    plain, fast = outcome(made.compiled(False), x), outcome(made.compiled(), x)
    for ours, theirs in zip(fast, plain, strict=True):
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            assert (ours - theirs).abs().max() <= TOLERANCE[dtype] * theirs.abs().max().clamp_min(1e-3)


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
def test_it_is_compiled_here_and_used(monkeypatch):
    walk = native()
    assert walk is not None
    used = []
    monkeypatch.setattr(walk, "forward", lambda *a, **k: used.append(1) or type(walk).forward(walk, *a, **k))
    made, x = network(torch.float32), jets([5, 9], torch.float32)
    made(x)
    assert not used
    made.compiled()(x)
    assert used


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
def test_other_widths_are_walked_plainly():
    made, x = network(torch.float32, hidden=13), jets([5, 9], torch.float32)
    made.eval()
    assert not native().takes(torch.zeros(1, 13))
    assert torch.equal(made(x), made.compiled()(x))


def test_without_a_compiler_it_says_so_and_goes_on(monkeypatch, caplog):
    def none():
        raise compiling.CannotCompile("there is no C++ compiler")

    monkeypatch.setattr(compiling, "_compiler", none)
    calls.native.cache_clear()
    made, x = network(torch.float32), jets([5, 9], torch.float32)
    made.eval()
    with caplog.at_level(logging.WARNING):
        assert torch.equal(made(x), made.compiled()(x))
    assert "no C++ compiler" in caplog.text
    calls.native.cache_clear()


def test_a_compiler_that_fails_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", shutil.which("false") or "false")
    with pytest.raises(compiling.CannotCompile, match="false"):
        compiling.shared_library(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_recipe_cannot_compile_what_has_no_loops():
    from zoo.actions.train import _compile

    with pytest.raises(ConfigError, match=r"training\.compiled"):
        _compile("some-row", torch.nn.Linear(2, 2))
