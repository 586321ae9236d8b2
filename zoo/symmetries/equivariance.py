"""How far a map is from equivariant: generator by generator, and on group elements.

Both measures are relative, so they mean the same for small and large outputs, and do not depend on how long the
generators are. Group actions are evaluated in float64, whatever the dtype of the map.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from ..errors import DataError
from .algebra import LieAlgebra
from .representation import Rep

# Central differences in float64 are best where truncation, step^2, meets rounding, 2e-16 / step.
_STEP = 6e-6


def infinitesimal_error(
    module: Callable[[Tensor], Tensor], algebra: LieAlgebra, rep_in: Rep, rep_out: Rep, x: Tensor
) -> Tensor:
    """Relative equivariance error of f for each generator L, from d rho_out(L) f(x) - Df(x) [d rho_in(L) x].

    The difference is divided by |d rho_out(L) f(x)| + |Df(x) [v]|, v a fixed random direction as long as
    d rho_in(L) x: a map without any regard to the symmetry is near 1, and an invariant one is measured against how
    strongly it varies at all. Norms are over the batch.

    Parameters
    ----------
    module : callable
        f, from `(B, ...)` to `(B, ...)`; a module is evaluated in eval mode.
    rep_in, rep_out : Rep
        How the algebra acts on inputs and outputs.
    x : Tensor
        Inputs, of the dtype and on the device of the module.

    Returns
    -------
    Tensor
        `(c,)`, float64, on the CPU. 0 where neither side moves.
    """
    if not algebra.c:
        return torch.zeros(0, dtype=torch.float64)
    errors = []
    with _evaluating(module):
        output = _output(module, x).double()
        noise = _direction(x)
        variation = _norm(_jvp(module, x, noise.to(x.dtype))) / _norm(noise)  # linear: one for all lengths
        for generator in algebra.basis.to(x.device):
            tangent = rep_in.act_infinitesimally(generator, x.double())
            moved = _jvp(module, x, tangent.to(x.dtype)).double()
            expected = rep_out.act_infinitesimally(generator, output)
            errors.append(_ratio(_norm(expected - moved), _norm(expected) + variation * _norm(tangent)))
    return torch.stack(errors).detach().cpu()


def finite_error(
    module: Callable[[Tensor], Tensor], algebra: LieAlgebra, rep_in: Rep, rep_out: Rep, x: Tensor, z: Tensor
) -> Tensor:
    """Relative equivariance error |f(g x) - g f(x)| / |g f(x)| for each g = exp(sum_i z_i L_i).

    Parameters
    ----------
    module, rep_in, rep_out, x
        As for `infinitesimal_error`.
    z : Tensor
        Coefficients `(n, c)`; keep them small for boosts, whose elements grow exponentially.

    Returns
    -------
    Tensor
        `(n,)`, float64, on the CPU.
    """
    errors = []
    with _evaluating(module), torch.no_grad():
        output = _output(module, x).double()
        for g in algebra.exp(z).to(x.device):
            expected = rep_out.act(g, output)
            moved = module(rep_in.act(g, x.double()).to(x.dtype)).double()
            errors.append(_ratio(_norm(moved - expected), _norm(expected)))
    return torch.stack(errors).detach().cpu() if errors else torch.zeros(0, dtype=torch.float64)


def _output(module: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        output = module(x.detach())  # a module that differentiates may switch gradients on for its input
    if not torch.isfinite(output).all():
        raise DataError("the map gives NaN or infinity on the inputs for the equivariance test; give smaller inputs")
    return output


def _jvp(module: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    """Df(x) [v], by forward-mode differentiation, or by central differences where the map does not support it."""
    try:
        # without recording for backward, so that modules may use the weights that they keep for evaluation
        with torch.no_grad(), forward_ad.dual_level():
            tangent = forward_ad.unpack_dual(module(_dual(x.detach(), v))).tangent
    except (NotImplementedError, RuntimeError) as error:
        if "forward" not in str(error).lower() and "tangent" not in str(error).lower():
            raise
        tangent = None
    # No tangent also comes from a map that detaches its input on the way, so differences decide.
    return _difference(module, x, v) if tangent is None else tangent.detach()


def _dual(x: Tensor, v: Tensor) -> Tensor:
    """The first dual number of a process makes torch script some functions, and torch itself warns about that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return forward_ad.make_dual(x, v)


def _difference(module: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    if isinstance(module, nn.Module) and x.dtype != torch.float64:
        module = copy.deepcopy(module).double()
    x, v = x.double(), v.double()
    step = _STEP * float(_norm(x) / _norm(v)) if _norm(v) > 0 else _STEP
    with torch.no_grad():
        return (module(x + step * v) - module(x - step * v)) / (2 * step)


def _direction(x: Tensor) -> Tensor:
    """The same random direction for the same shape, whatever the global seed."""
    generator = torch.Generator().manual_seed(x.numel())
    return torch.randn(x.shape, generator=generator, dtype=torch.float64).to(x.device)


def _norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x.double())


def _ratio(difference: Tensor, scale: Tensor) -> Tensor:
    """0 / 0 is 0: nothing moved, and nothing should have."""
    return torch.where(difference == 0, difference, difference / scale)


@contextlib.contextmanager
def _evaluating(module: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Eval mode for as long as it lasts; each submodule gets its own mode back."""
    if not isinstance(module, nn.Module):
        yield
        return
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode
