"""`zoo.load` and `zoo.save`: by name and by path, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

import zoo
from zoo.errors import ConfigError, EquivarianceError, RegistryError, WeightsError
from zoo.factory.probing import sample_input
from zoo.weights import Header, file_hash, read_header, read_weights, save_weights

MakeRegistry = Callable[..., Path]


def open_registry(path: Path) -> zoo.Registry:
    return zoo.Registry.load(path)


def retouch(path: Path, change: Callable[[dict[str, Tensor], dict], None]) -> None:
    """Write the file again with other tensors or another header, as a careless tool would."""
    tensors, header = read_weights(path)
    fields = json.loads(header.to_json())
    change(tensors, fields)
    save_weights(path, tensors, Header(**fields))


def test_by_name(make_registry: MakeRegistry, toy: ModuleType) -> None:
    registry = open_registry(make_registry())
    module = zoo.load("child", registry=registry)
    stored, _ = read_weights(registry.file("weights/child.safetensors", "child"))
    assert isinstance(module, toy.Toy) and not module.training
    assert torch.equal(module.head.weight, stored["model.head.weight"])
    assert module.symmetry == zoo.LieAlgebra.so(3)
    assert module.card.name == "child" and module.card.symmetry == "finder"
    assert all(p.requires_grad and not p.is_meta for p in module.parameters())


def test_by_environment(make_registry: MakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry()))
    assert zoo.load("plain").config["copies"] == 3
    with pytest.warns(FutureWarning, match='use "finder"'):
        assert zoo.load("parent").kind == "discoverer"
    with pytest.raises(RegistryError, match="did you mean plain"):
        zoo.load("plian")


def test_by_path_after_a_change(toy: ModuleType, tmp_path: Path) -> None:
    module = zoo.build("toy", "so(3)x1", copies=3)
    with torch.no_grad():
        module.head.weight.mul_(2)
    saved = zoo.save(module, tmp_path / "mine.safetensors", training={"epochs": 5})
    again = zoo.load(tmp_path / "mine.safetensors")
    x = sample_input(module).float()
    assert torch.equal(again(x), module(x)) and again.config == module.config
    assert again.card.training == {"epochs": 5} and again.card.name == "mine"
    assert saved == file_hash(tmp_path / "mine.safetensors")
    assert torch.equal(zoo.load(str(tmp_path / "mine.safetensors"))(x), module(x))


def test_saving_again_gives_the_same_bytes(make_registry: MakeRegistry, tmp_path: Path) -> None:
    registry = open_registry(make_registry())
    for name in registry:
        module = zoo.load(name, registry=registry)
        zoo.save(module, tmp_path / "again.safetensors", name=name, training={"epochs": 3})
        assert file_hash(tmp_path / "again.safetensors").sha256 == registry.entries[name].weights.sha256


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_dtypes(make_registry: MakeRegistry, dtype: torch.dtype) -> None:
    registry = open_registry(make_registry())
    module = zoo.load("child", dtype=dtype, registry=registry)
    exact = zoo.load("child", registry=registry)
    assert {tensor.dtype for tensor in [*module.parameters(), *module.buffers()]} == {dtype}
    x = sample_input(module)
    assert torch.allclose(module(x.to(dtype)).double(), exact(x.float()).double(), atol=100 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [torch.complex128, torch.complex64, torch.int32], ids=str)
def test_dtypes_that_are_none(make_registry: MakeRegistry, dtype: torch.dtype) -> None:
    with pytest.raises(ConfigError, match="real floating point"):
        zoo.load("child", dtype=dtype, registry=open_registry(make_registry()))


def test_complex_parameters_keep_their_imaginary_part() -> None:
    from zoo.factory.loading import cast

    class Wave(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([1 + 2j], dtype=torch.complex64))
            self.register_buffer("count", torch.tensor(3))

    module = cast(Wave(), torch.device("cpu"), torch.float64)
    assert module.weight.dtype == torch.complex128 and module.weight[0] == 1 + 2j
    assert module.count.dtype == torch.int64


def test_fresh_weights(make_registry: MakeRegistry) -> None:
    registry = open_registry(make_registry())
    trained = zoo.load("child", registry=registry)
    torch.manual_seed(1)
    fresh = zoo.load("child", pretrained=False, registry=registry)
    assert fresh.config == trained.config and fresh.symmetry == trained.symmetry and fresh.training
    assert not torch.equal(fresh.head.weight, trained.head.weight)
    with pytest.raises(ConfigError, match="registry name"):
        zoo.load(registry.path.parent / "weights" / "child.safetensors", pretrained=False)


def test_loading_draws_no_random_numbers(make_registry: MakeRegistry) -> None:
    registry = open_registry(make_registry())
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    for name in registry:
        zoo.load(name, registry=registry)
    assert torch.equal(torch.rand(3), expected)


def test_an_entry_without_weights(make_registry: MakeRegistry) -> None:
    registry = open_registry(make_registry(child={"weights": None}))
    with pytest.raises(WeightsError, match=r"child has no weights yet.*zoo train child"):
        zoo.load("child", registry=registry)
    assert zoo.load("child", pretrained=False, registry=registry).symmetry == zoo.LieAlgebra.so(3)


def test_missing_weights(make_registry: MakeRegistry) -> None:
    registry = open_registry(make_registry())
    (registry.path.parent / "weights" / "child.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"child: its weights .* are missing; reinstall zoo"):
        zoo.load("child", registry=registry)


def test_swapped_files_are_refused(make_registry: MakeRegistry) -> None:
    registry = open_registry(make_registry())
    folder = registry.path.parent / "weights"
    shutil.copy(folder / "plain.safetensors", folder / "child.safetensors")
    with pytest.raises(WeightsError, match="the registry says"):
        zoo.load("child", registry=registry)


def registered(path: Path, name: str, **fields) -> zoo.Registry:
    """The registry with the hash of the entry's file as it is now, so that only later checks can refuse it."""
    registry = zoo.Registry.load(path)
    found = file_hash(path.parent / "weights" / f"{name}.safetensors")
    place = {"file": f"weights/{name}.safetensors", "sha256": found.sha256, "bytes": found.bytes}
    return registry.update(name, weights=place, **fields)


def test_header_and_registry_must_agree(make_registry: MakeRegistry) -> None:
    path = make_registry()
    for fields, message in [
        ({"family": "mlp"}, 'family "toy", and child is the model family "mlp"'),
        ({"config": {"copies": 5}}, "made with copies = 2, and the config of child says 5"),
        ({"symmetry_fingerprint": "span-other"}, "made for the symmetry .*fingerprint of child is span-other"),
    ]:
        text = path.read_text()
        with pytest.raises(WeightsError, match=message):
            zoo.load("child", registry=registered(path, "child", **fields))
        path.write_text(text)


def drop(tensors: dict[str, Tensor], fields: dict) -> None:
    del tensors["model.head.bias"]


def reshape(tensors: dict[str, Tensor], fields: dict) -> None:
    tensors["model.head.weight"] = torch.zeros(1, 7)


def add(tensors: dict[str, Tensor], fields: dict) -> None:
    tensors["model.tail.weight"] = torch.zeros(1)


def rename_family(tensors: dict[str, Tensor], fields: dict) -> None:
    fields["family"] = "toyy"


def other_family(tensors: dict[str, Tensor], fields: dict) -> None:
    fields["family"] = "mlp"


def other_symmetry(tensors: dict[str, Tensor], fields: dict) -> None:
    tensors["symmetry.basis"] = tensors["symmetry.basis"][:2].clone()


def no_symmetry(tensors: dict[str, Tensor], fields: dict) -> None:
    fields["symmetry"] = None
    del tensors["symmetry.basis"]


@pytest.mark.parametrize(
    ("change", "message", "error"),
    [
        (drop, r"head\.bias is missing", WeightsError),
        (reshape, r"head\.weight has shape \(1, 7\) instead of \(1, 4\)", WeightsError),
        (add, r"tail\.weight is not part of it", WeightsError),
        (rename_family, 'no family "toyy"; did you mean toy', WeightsError),
        (other_family, r"net.safetensors: the module .* cannot be built: mlp needs rep_in", WeightsError),
        (other_symmetry, "its symmetry has the fingerprint", WeightsError),
    ],
)
def test_files_that_do_not_fit(toy: ModuleType, tmp_path: Path, change, message: str, error: type) -> None:
    path = tmp_path / "net.safetensors"
    zoo.save(zoo.build("toy", "so(3)"), path)
    retouch(path, change)
    with pytest.raises(error, match=message):
        zoo.load(path)


def test_an_equivariant_family_needs_its_symmetry(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    zoo.save(zoo.build("emlp", "so(3)", rep_in="1x1", rep_out="1x1", input_shape=[3], output_shape=[3]), path)
    retouch(path, no_symmetry)
    with pytest.raises(WeightsError, match=r"cannot be built: .*LieAlgebra"):
        zoo.load(path)


def test_a_basis_that_comes_out_differently_is_noticed(
    toy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    path = tmp_path / "net.safetensors"
    zoo.save(zoo.build("toy", "so(3)", copies=3), path)
    assert len(read_header(path).probe["values"]) == 2
    solve = np.linalg.qr
    # as another version of LAPACK might: the same space, its basis in another order
    monkeypatch.setattr(np.linalg, "qr", lambda matrix: (solve(matrix)[0][:, ::-1].copy(), None))
    with pytest.raises(WeightsError, match=r"answers otherwise here.*zoo train"):
        zoo.load(path)
    retouch(path, lambda tensors, fields: fields.update(probe=None))
    zoo.load(path)


def test_a_promise_is_tried_at_loading(toy: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    zoo.save(zoo.build("toy", "so(3)"), path)

    def leak(tensors: dict[str, Tensor], fields: dict) -> None:
        fields.update(config={**fields["config"], "leak": 1.0}, probe=None)

    retouch(path, leak)
    with pytest.raises(EquivarianceError, match="promises"):
        zoo.load(path)


def test_a_discoverer_must_read_off_what_it_gave(toy: ModuleType, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "found.safetensors"
    zoo.save(toy.ToyFinder(c=2), path)
    assert zoo.load(path).symmetry.c == 2
    monkeypatch.setattr(toy.ToyFinder, "symmetry", zoo.LieAlgebra.so(3))
    with pytest.raises(WeightsError, match="reads another symmetry"):
        zoo.load(path)


def test_the_file_holds_what_was_given_not_what_was_made_of_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    noisy = zoo.LieAlgebra(zoo.symmetry("so(2)x2").basis + 1e-3 * torch.randn(4, 4, dtype=torch.float64))
    module = zoo.build("emlp", noisy, rep_in="1x1", rep_out="1x1", input_shape=[4], output_shape=[4])
    zoo.save(module, tmp_path / "net.safetensors")
    again = zoo.load(tmp_path / "net.safetensors")
    assert read_header(tmp_path / "net.safetensors").symmetry["fingerprint"] == noisy.fingerprint
    assert again.symmetry.fingerprint == module.symmetry.fingerprint != noisy.fingerprint
    x = sample_input(module).float()
    assert torch.allclose(again(x), module.eval()(x), atol=1e-6)


@pytest.mark.parametrize("what", [torch.nn.Linear(2, 2), 3])
def test_only_modules_that_can_be_built_again_are_saved(tmp_path: Path, what: object) -> None:
    with pytest.raises(WeightsError, match=r"needs \.family, \.config and \.symmetry"):
        zoo.save(what, tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


SIXTEEN = """
import os, socket, sys
import torch, zoo

def refuse(*args, **kwargs):
    raise AssertionError("loading must not use the network")

socket.socket = socket.create_connection = socket.getaddrinfo = refuse
torch.set_num_threads(1)
children = []
for _ in range(16):
    child = os.fork()
    if child == 0:
        module = zoo.load("child")
        good = abs(float(module.head.weight.detach().sum()) - float(sys.argv[1])) < 1e-6
        os._exit(0 if good else 1)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_sixteen_processes_at_once_from_a_read_only_folder(
    make_registry: MakeRegistry, toy: ModuleType, tmp_path: Path
) -> None:
    path = make_registry()
    expected = float(zoo.load("child", registry=zoo.Registry.load(path)).head.weight.detach().sum())
    folder = path.parent
    before = {item: item.stat().st_mtime_ns for item in folder.rglob("*")}
    for item in [folder, folder / "weights"]:
        item.chmod(0o555)
    environment = os.environ | {
        "ZOO_REGISTRY": str(path),
        "ZOO_CACHE": str(tmp_path / "nowhere" / "cache"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-c", SIXTEEN, str(expected)], env=environment, capture_output=True, text=True, timeout=120
        )
    finally:
        for item in [folder, folder / "weights"]:
            item.chmod(0o755)
    assert done.stdout.strip() == str([0] * 16), done.stderr
    assert {item: item.stat().st_mtime_ns for item in folder.rglob("*")} == before
