"""Top tagging: jets of hadronic top quarks against jets of light quarks and gluons.

A jet is up to 200 constituents (E, px, py, pz) in GeV, ordered by transverse momentum; the label is 1 for a top. Jets
are made as those of the Top Quark Tagging Reference Dataset (Pythia 8 at 14 TeV, a fast detector simulation, anti-kT
jets of radius 0.8 with 550 < pT < 650 GeV), and read from its files. True symmetry: so(1,3), which leaves the label
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ...errors import DataError
from ...symmetries import LieAlgebra
from ..arrays import as_numbers
from ..ragged import Ragged
from ..samples import Arrays, Signature, Split
from ..stream import Stream
from ..task import Task
from .metrics import tagging

MOST = 200  # constituents of a jet
LEADING = 2  # constituents in which a symmetry is looked for
_CHUNK = 20_000  # jets that are written at a time


@dataclass(frozen=True, eq=False, repr=False)
class TopTagging(Task):
    """Inputs are `Ragged` constituents `(B, N, 4)` of any N, targets labels `(B,)`.

    Options of `make`: `spec`, the detector ("nominal", "coarse" or "truth"); `workers`, the number of processes that
    generate jets (default: all cores; it changes nothing else). Jets that were made once are kept, in the folder that
    the environment variable ZOO_CACHE names, or in ~/.cache/zoo.
    """

    @property
    def options(self) -> tuple[str, ...]:
        """`spec`, the detector; `workers`, processes."""
        return ("spec", "workers")

    @property
    def shifts(self) -> Mapping[str, Mapping[str, Any]]:
        """Jets of a detector with coarser cells, and of no detector: massless particles at truth level."""
        return {spec: {"spec": spec, "size": 20_000} for spec in ("coarse", "truth")}

    def make_discovery(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        **options: Any,
    ) -> Arrays:
        """The two leading constituents `(B, 2, 4)` of each jet, and its class `(B,)` in int64."""
        return _pairs_of(self.make(split, size=size, seed=seed, dtype=dtype, **options))

    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Jets and labels of a file; `zoo.tasks.toptag.files` says which forms are read."""
        from .reading import all_jets

        piece = all_jets(path, dtype)
        if piece.y is None:
            raise DataError(f"{path}: there are jets but no labels; expected the column is_signal_new, or an array y")
        return _arrays(piece.x, piece.y)

    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The two leading constituents and the class of each jet of a file."""
        return _pairs_of(self.read(path, dtype=dtype))

    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The jets of a file, `Ragged`; labels are left alone."""
        from .reading import all_jets

        return all_jets(path, dtype).x

    def stream(self, path: str | Path, *, dtype: torch.dtype = torch.float32, **reading: Any) -> Stream:
        """The jets of a file a chunk at a time, whatever its size.

        `reading` are options of `zoo.tasks.toptag.files.read_jets`: units, empty, massless, max_constituents.
        """
        from .reading import stream_jets

        return stream_jets(path, dtype, **reading)

    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write jets to an HDF5 file in the form of the reference dataset; arguments as in `make`."""
        from .files import write_jets

        jets, labels, truth = _generated(*self._request(split, size, seed, options), **options)
        write_jets(path, _chunks(jets, labels, truth))
        return len(jets)

    def check(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Jets `(B, N, 4)`, zero padded or `Ragged`, and labels `(B,)`; errors as in `read`."""
        jets = self._inputs(x, dtype, f"the data of the task {self.name}")
        return _arrays(jets, _labels(as_numbers(y, "y", (None,), dtype), "y"))

    def check_discovery(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The same jets, cut to their two leading constituents, and their classes."""
        return _pairs_of(self.check(x, y, dtype=dtype))

    def _inputs(self, x: Any, dtype: torch.dtype, source: str) -> Any:
        if isinstance(x, Ragged):
            return Ragged(as_numbers(x.values, f"{source}, x", (None, self.k), dtype), x.counts)
        return Ragged.from_dense(as_numbers(x, f"{source}, x", (None, None, self.k), dtype))

    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        jets, labels, _ = _generated(split, size, seed, **options)
        return _arrays(jets, labels)

    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return _pairs_of(self._prediction_arrays(split, size, seed, **options))


def _generated(
    split: str, size: int, seed: int, spec: str = "nominal", **options: Any
) -> tuple[Ragged, Tensor, Tensor]:
    """Jets, labels and the truth, from the cache or newly made."""
    from .generation import jets

    made = jets(spec, split, size, seed, **options)
    rows = Ragged(torch.from_numpy(made.values), torch.from_numpy(made.counts).long())
    return rows, torch.from_numpy(made.labels), torch.from_numpy(made.truth)


def _arrays(jets: Ragged, labels: Tensor) -> Arrays:
    return Arrays(cast(Tensor, jets), labels)  # a Ragged does what is done with inputs


def _pairs_of(arrays: Arrays) -> Arrays:
    jets = cast(Ragged, arrays.x)
    places = jets.starts[:-1, None] + torch.arange(LEADING)
    there = torch.arange(LEADING) < jets.counts[:, None]
    leading = jets.values[places.clamp(max=max(len(jets.values) - 1, 0))]
    return Arrays(torch.where(there[..., None], leading, 0), arrays.y.long())


def _labels(y: Tensor, source: str) -> Tensor:
    if not ((y == 0) | (y == 1)).all():
        raise DataError(f"{source}: labels must be 1 for a top jet and 0 for any other")
    return y


def _chunks(jets: Ragged, labels: Tensor, truth: Tensor) -> Iterator[Any]:
    from .files import Chunk

    for start in range(0, len(jets), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = jets[rows]
        yield Chunk(part.values.numpy(), part.counts.numpy(), labels[rows].numpy(), truth[rows].numpy())


TASK = TopTagging(
    name="toptag",
    summary="jets of top quarks against those of light quarks and gluons",
    k=4,
    prediction=Signature("Nx1", "1x0", (None, 4), ()),
    discovery=Signature("2x1", "1x0", (LEADING, 4), ()),
    splits={"train": Split(120_000, 0), "validation": Split(20_000, 1), "test": Split(100_000, 1002)},
    columns=("E", "px", "py", "pz"),
    reference=LieAlgebra.lorentz,
    metric=tagging,
    main_metric="auroc",
    higher_is_better=True,
    decides=True,
    item="jet",
    measured_in=torch.float32,
)
