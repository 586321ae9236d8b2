"""`load`: a module with its weights, from a registry name or from a file."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from ..card import Card
from ..errors import ConfigError, SymmetryError, WeightsError
from ..registry import Entry, Registry
from ..symmetries import LieAlgebra
from ..weights import Header, read_weights
from .building import build, call, check_promise
from .meaning import from_name, from_tensors
from .places import is_path, weights_path
from .probing import check_probe
from .providers import builder
from .saving import PARAMETERS
from .unfilled import Unfilled

_READ_OFF = 1e-5  # radians: a basis computed from float32 parameters


def load(
    name_or_path: str | os.PathLike[str],
    *,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    pretrained: bool = True,
    registry: Registry | None = None,
) -> nn.Module:
    """A module with its weights, in eval mode.

    Parameters
    ----------
    name_or_path : str or path
        A name from `zoo.list_models()`, or a weights file.
    device, dtype
        Where the module goes, and the precision of its parameters.
    pretrained : bool
        False: the same architecture and symmetry with fresh weights (seed torch before), in training mode.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Returns
    -------
    Module
        With `.card` (what is known about it) and `.symmetry`.

    Raises
    ------
    RegistryError
        If there is no such name.
    WeightsError
        If the file cannot be used; nothing is loaded then.
    EquivarianceError
        If it promises equivariance and does not keep it.
    """
    if not dtype.is_floating_point:
        raise ConfigError(f"dtype must be a real floating point type such as torch.float32, got {dtype}")
    if is_path(name_or_path):
        if not pretrained:
            raise ConfigError("pretrained=False needs a registry name; for a file use zoo.build with its config")
        tensors, header = read_weights(name_or_path)
        module = assemble(tensors, header, os.fspath(name_or_path))
        card = Card.from_header(header, Path(name_or_path))
    else:
        registry = Registry.load() if registry is None else registry
        name = registry.resolve(os.fspath(name_or_path))
        entry = registry.entries[name]
        card = Card.from_entry(name, entry, registry)
        module = _pretrained(name, entry, registry) if pretrained else _fresh(entry, registry)
    module.card = card  # type: ignore[assignment]
    return cast(module, torch.device(device), dtype)


def assemble(tensors: dict[str, Tensor], header: Header, where: str) -> nn.Module:
    """The module that a weights file describes, checked against all that the file says.

    Raises
    ------
    WeightsError
        If the tensors do not fit the family and config of the header, or the module answers otherwise than stored.
    """
    symmetry = from_tensors(tensors, header, where)
    state = {key[len(PARAMETERS) :]: value for key, value in tensors.items() if key.startswith(PARAMETERS)}
    module = _filled(header, symmetry, state, where)
    module.eval()
    _check_discovered(module, header, symmetry, where)
    check_probe(module, header.probe, where)
    check_promise(module, differentiate=False)
    if "report" in header.training:  # how sure a discovery was
        module.report = dict(header.training["report"])  # type: ignore[assignment]
    return module


def cast(module: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Move a module; complex parameters take the complex type of the same precision, which `Module.to` would not."""
    complex_of = {torch.float16: torch.complex32, torch.float32: torch.complex64, torch.float64: torch.complex128}

    def move(tensor: Tensor) -> Tensor:
        if tensor.is_complex():
            return tensor.to(device, complex_of.get(dtype, torch.complex64))
        return tensor.to(device, dtype if tensor.is_floating_point() else None)

    state = [*module.parameters(), *module.buffers()]
    if all(move(tensor) is tensor for tensor in state):
        return module
    return module._apply(move)


def _pretrained(name: str, entry: Entry, registry: Registry) -> nn.Module:
    path = weights_path(name, entry, registry)
    assert entry.weights is not None
    tensors, header = read_weights(path, sha256=entry.weights.sha256, size=entry.weights.bytes)
    check_header(name, entry, header, path)
    return assemble(tensors, header, str(path))


def _fresh(entry: Entry, registry: Registry) -> nn.Module:
    symmetry = None if entry.symmetry is None else from_name(entry.symmetry, registry)
    return build(entry.family, symmetry, **entry.config)


def check_header(name: str, entry: Entry, header: Header, path: Path) -> None:
    """Raise WeightsError where the file and the registry disagree about family, config or symmetry."""
    again = f"make the weights again with zoo train {name} --write, or put the registry right"
    if (header.kind, header.family) != (entry.kind, entry.family):
        raise WeightsError(
            f'{path}: weights of the {header.kind} family "{header.family}", and {name} is the {entry.kind} family '
            f'"{entry.family}"; {again}'
        )
    for key in sorted(header.config.keys() & entry.config.keys()):
        if header.config[key] != entry.config[key]:
            raise WeightsError(
                f"{path}: made with {key} = {header.config[key]!r}, and the config of {name} says "
                f"{entry.config[key]!r}; {again}"
            )
    found = header.symmetry["fingerprint"] if header.symmetry else None
    if entry.symmetry_fingerprint is not None and found != entry.symmetry_fingerprint:
        raise WeightsError(
            f"{path}: made for the symmetry {found}, and the fingerprint of {name} is {entry.symmetry_fingerprint}; "
            f"{again}"
        )


def _check_discovered(module: nn.Module, header: Header, symmetry: LieAlgebra | None, where: str) -> None:
    """A discoverer reads its symmetry off its parameters: it must still be the one that its descendants were given."""
    if header.kind != "discoverer" or header.symmetry is None:
        return
    found = module.symmetry
    if symmetry is None:
        same = getattr(module, "fingerprint", None) == header.symmetry["fingerprint"]
    else:
        same = isinstance(found, LieAlgebra) and found.same_span(symmetry, _READ_OFF)
    if not same:
        raise WeightsError(
            f"{where}: the {header.family} reads another symmetry off these parameters than the one in the file; "
            "use the version of zoo that saved it, or discover it again"
        )


def _filled(header: Header, symmetry: LieAlgebra | None, state: dict[str, Tensor], where: str) -> nn.Module:
    """Built without values, then given the tensors: nothing is initialised twice, nor drawn from the user's seed."""
    given = None if header.kind == "discoverer" else symmetry
    try:
        with torch.random.fork_rng(devices=[]), torch.device("cpu"), Unfilled():
            module = call(builder(header.family), header.family, given, header.config)
    except (ConfigError, SymmetryError) as error:
        raise WeightsError(f"{where}: the module that it describes cannot be built: {error}") from error
    _fill(module, state, where)
    return module


def _fill(module: nn.Module, state: dict[str, Tensor], where: str) -> None:
    wanted = {key: value for key, value in module.state_dict().items() if isinstance(value, Tensor)}
    faults = [f"{key} is missing" for key in sorted(wanted.keys() - state.keys())]
    faults += [f"{key} is not part of it" for key in sorted(state.keys() - wanted.keys())]
    faults += [
        f"{key} has shape {tuple(state[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in sorted(state.keys() & wanted.keys())
        if state[key].shape != wanted[key].shape
    ]
    if faults:
        more = f", and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise WeightsError(
            f"{where}: the tensors do not fit the module that its header describes: {'; '.join(faults[:5])}{more}. "
            "Use the version of zoo that saved it, or train it again"
        )
    module.load_state_dict(state, strict=False, assign=True)
