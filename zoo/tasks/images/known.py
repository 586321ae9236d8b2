"""The data sets that are known: MNIST and CIFAR-10."""

from __future__ import annotations

import numpy as np
import torch

from ...symmetries import LieAlgebra
from ..metrics import classification
from ..samples import Signature, Split
from .files import Kind
from .task import VALIDATION, Images


def _task(summary: str, kind: Kind, train: int) -> Images:
    pixels = int(np.prod(kind.shape))
    signature = Signature(f"{pixels}x0", f"{len(kind.classes)}x0", kind.shape, (len(kind.classes),))
    return Images(
        name=kind.name,
        summary=summary,
        k=2,
        prediction=signature,
        discovery=signature,
        splits={"train": Split(train, 0), "validation": Split(VALIDATION, 1), "test": Split(VALIDATION, 2)},
        columns=(),
        reference=lambda: LieAlgebra.so(2),
        metric=classification,
        main_metric="accuracy",
        higher_is_better=True,
        classes=kind.classes,
        item="image",
        measured_in=torch.float32,
        kind=kind,
    )


_DIGITS = tuple(map(str, range(10)))
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

MNIST = _task(
    "handwritten digits",
    Kind("mnist", (1, 28, 28), _DIGITS, ("mnist.npz", "mnist", "MNIST/raw", "MNIST")),
    50_000,
)
CIFAR10 = _task(
    "photographs of ten kinds of things",
    Kind(
        "cifar10",
        (3, 32, 32),
        _THINGS,
        ("cifar-10-batches-bin", "cifar10.npz", "cifar10_jpeg.npz", "cifar10", "cifar-10-batches-py"),
    ),
    40_000,
)
