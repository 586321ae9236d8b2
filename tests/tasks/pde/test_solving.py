"""Solutions against scipy, against their equations, and against their symmetries."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from zoo.errors import ConfigError, DataError
from zoo.symmetries import FunctionField
from zoo.tasks.pde import EQUATIONS, get_equation, initial_conditions, solve
from zoo.tasks.pde.solving import wave_numbers

ALL = sorted(EQUATIONS)


def start(name: str, count: int = 2, nx: int = 64, seed: int = 0) -> Tensor:
    return initial_conditions(EQUATIONS[name], np.random.default_rng(seed), count, nx)


def by_scipy(name: str, u0: Tensor, times: list[float]) -> Tensor:
    """The equation as it is written, in Fourier space, on the grid on which it is solved."""
    from scipy.integrate import solve_ivp

    equation, nx = EQUATIONS[name], u0.shape[1]
    grid = 8 * nx if name == "burgers" else int(equation.refine * nx)
    kept = grid // 3 + 1 if name == "burgers" else min(grid // 3, nx // 2 - 1) + 1
    k = 2 * math.pi / equation.length * np.arange(kept)
    linear = {"ks": (k**2 - k**4) + 0j, "burgers": -0.01 * k**2 + 0j}.get(name, 1j * k**3)

    def slope(t: float, v: np.ndarray) -> np.ndarray:
        change = linear * v - 0.5j * k * np.fft.rfft(np.fft.irfft(v, n=grid) ** 2)[:kept]
        if name == "ckdv":
            change = change - v / (2 * t + 2)
        return change * math.exp(t / 50) if name == "nkdv" else change

    found = []
    for row in u0.numpy():
        v = np.zeros(kept, complex)
        modes = np.fft.rfft(row)[: min(kept, nx // 2)]
        v[: len(modes)] = modes * (grid / nx)
        solved = solve_ivp(slope, (0, times[-1]), v, method="DOP853", rtol=1e-10, atol=1e-10, t_eval=times)
        found.append(np.fft.irfft(solved.y.T * (8 * nx / grid), n=8 * nx)[:, ::8])
    return torch.from_numpy(np.stack(found))


LATE = {"kdv": 12.0, "ks": 3.0, "burgers": 3.0, "nkdv": 10.0, "ckdv": 12.0}


@pytest.mark.parametrize("name", ALL)
def test_they_are_those_of_scipy(name: str) -> None:
    u0 = start(name, nx=128 if name == "burgers" else 64)
    times = [LATE[name] / 2, LATE[name]]
    reference = by_scipy(name, u0, times)
    found = solve(EQUATIONS[name], u0, torch.tensor(times))
    error = (found.u - reference).abs().amax((1, 2)) / reference.abs().amax((1, 2))
    assert error.max() < 2e-5, error
    assert found.error <= 5e-6
    if name != "burgers":
        assert error.max() < 4 * found.error + 1e-8, "and the estimate is no smaller"
    assert (found.u[:, 1] - u0).abs().max() > 0.05 * u0.abs().max(), "something happened"


@pytest.mark.parametrize(("name", "largest"), [("kdv", 8.0), ("nkdv", 8.0), ("ckdv", 24.0)])
def test_each_has_a_step_of_its_own(name: str, largest: float) -> None:
    u0 = start(name, 1) * torch.tensor([[largest / 2], [0.5], [largest]])
    times = torch.tensor([3.0, 6.0])
    together = solve(EQUATIONS[name], u0, times)
    alone = [solve(EQUATIONS[name], each[None], times) for each in u0]
    assert (together.u - torch.cat([each.u for each in alone])).abs().max() < 1e-11
    steps = [each.step for each in alone]
    assert steps[1] > steps[0] > steps[2] == together.step, "the largest waves take the shortest"
    assert together.error == pytest.approx(max(each.error for each in alone), rel=1e-3)


def derivatives(name: str, u: Tensor) -> dict[str, Tensor]:
    """u and its derivatives at the middle one of three times, `(B, nx)`."""
    equation, nx = EQUATIONS[name], u.shape[2]
    k = wave_numbers(equation, nx)
    modes = torch.fft.rfft(u[:, 1])
    along = {"u_" + "x" * order: torch.fft.irfft(modes * (1j * k) ** order, n=nx) for order in range(1, 5)}
    return {"u": u[:, 1]} | along


def residual(name: str, u: Tensor, middle: float, gap: float) -> Tensor:
    """Of u at three times `gap` apart."""
    there = derivatives(name, u) | {"u_t": (u[:, 2] - u[:, 0]) / (2 * gap), "t": torch.tensor(middle)}
    function = EQUATIONS[name].residual
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return function(**{each: there[each] for each in names})


@pytest.mark.parametrize("name", ALL)
def test_they_solve_the_equation_and_symmetries_go_on_doing_so(name: str) -> None:
    """u + e Q with the characteristic Q = phi - xi u_x - tau u_t leaves a residual of second order in e."""
    equation, middle, gap = EQUATIONS[name], 2.5, 2e-3
    five = torch.tensor([middle + i * gap for i in (-2, -1, 0, 1, 2)], dtype=torch.float64)
    u = solve(equation, start(name, nx={"burgers": 512, "ks": 128}.get(name, 64)), five, tolerance=1e-8).u
    scale = (u[:, 3] - u[:, 1]).abs().max() / (2 * gap)
    exact = residual(name, u[:, 1:4], middle, gap)
    assert exact.abs().max() < 2e-3 * scale
    x = equation.length / u.shape[2] * torch.arange(u.shape[2], dtype=torch.float64)
    for label in equation.symmetries:
        field = equation.field(label)
        assert isinstance(field, FunctionField) and field.n == 3
        characteristic = []
        for i in (1, 2, 3):
            there = derivatives(name, u[:, i - 1 : i + 2])
            u_t = (u[:, i + 1] - u[:, i - 1]) / (2 * gap)
            points = torch.stack([x.expand_as(u_t), five[i].expand_as(u_t), there["u"]], -1)
            xi, tau, phi = field(points.reshape(-1, 3)).view(*points.shape).unbind(-1)
            characteristic.append(phi - xi * there["u_x"] - tau * u_t)
        q = torch.stack(characteristic, 1)
        e = 1e-5
        ahead, behind = (residual(name, u[:, 1:4] + sign * e * q, middle, gap) for sign in (1, -1))
        change = (ahead - behind) / (2 * e)
        size = (q[:, 2] - q[:, 0]).abs().max() / (2 * gap) + q.abs().max()
        if label in equation.approximate:
            missing = -u[:, 2] / (2 * (middle + 1) ** 2)  # of time translation of cKdV
            assert (change.abs() - missing.abs()).abs().max() < 1e-2 * size < change.abs().max() * 10
        else:
            assert change.abs().max() < 5e-3 * size, label


def test_waves() -> None:
    for name in ALL:
        many, few = start(name, 5), start(name, 3)
        assert torch.equal(many[:3], few) and torch.isfinite(many).all()
        modes = torch.fft.rfft(many).abs()
        most = EQUATIONS[name].frequencies[1]
        assert modes[:, most + 1 :].max() < 1e-9 * modes.max()
        assert modes[:, 0].max() < 1e-9 * modes.max()


def test_burgers_keeps_its_mean_as_a_velocity() -> None:
    u0 = start("burgers", nx=128)
    times = torch.tensor([2.0])
    still, moving = (solve(EQUATIONS["burgers"], u0 + mean, times).u for mean in (0.0, 2 * math.pi / 128 / 2 * 8))
    torch.testing.assert_close(moving - 2 * math.pi / 128 / 2 * 8, still.roll(8, 2), rtol=1e-5, atol=1e-6)


def test_errors() -> None:
    with pytest.raises(ConfigError, match="equation must be one of kdv"):
        get_equation("heat")
    with pytest.raises(ConfigError, match="kdv has the symmetries x, t, boost"):
        EQUATIONS["kdv"].field("scaling")
    with pytest.raises(DataError, match="initial conditions are finite numbers"):
        solve(EQUATIONS["kdv"], torch.full((2, 16), torch.nan))
    with pytest.raises(DataError, match="too large for this viscosity"):
        solve(EQUATIONS["burgers"], 10 * start("burgers", nx=128), torch.tensor([0.1]))
    with pytest.raises(DataError, match="are the initial conditions resolved"):
        rough = 1e6 * torch.randn(1, 16, generator=torch.Generator().manual_seed(0))
        solve(EQUATIONS["kdv"], rough, torch.tensor([0.5]))
