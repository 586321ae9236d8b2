"""`Certificate`: whether a network keeps its symmetry, in numbers and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

# What rounding leaves of an exact symmetry, relative: about a thousand operations deep in each precision.
ROUNDING = {"float64": 1e-9, "float32": 1e-3}
# Two algebras at a smaller angle than this (degrees) are the same up to the rounding of float64.
SAME_DEGREES = 1e-6


@dataclass(frozen=True)
class Check:
    """Relative equivariance errors against one symmetry, generator by generator.

    Attributes
    ----------
    symmetry : str
        Whose symmetry this is.
    algebra : str
        What it is recognised as.
    infinitesimal : mapping
        By dtype ("float32", "float64"): the error of each generator of a JVP,
        ``|d rho_out(L) f(x) - Df(x) [d rho_in(L) x]|`` relative to ``|d rho_out(L) f(x)| + |Df(x) [v]|``, v a random
        direction as long as ``d rho_in(L) x``. Empty for a discrete symmetry, which has no derivative.
    finite : mapping
        By dtype: for each generator the largest ``|f(g x) - g f(x)| / |g f(x)|`` over its group elements g.
    held : str or None
        Which of the inputs were not transformed, because they belong to the laboratory.
    input_rounding : float
        What rounding transformed inputs to float32 changes by itself, in a network that computes in float64: relative,
        as the finite errors are. Where inputs are small differences of large numbers (the masses of jets' particles)
        no network that takes float32 can do better.
    """

    symmetry: str
    algebra: str
    infinitesimal: Mapping[str, tuple[float, ...]]
    finite: Mapping[str, tuple[float, ...]]
    held: str | None = None
    input_rounding: float = 0.0

    def worst(self, dtype: str = "float64") -> float:
        """The largest of all errors in that precision."""
        return max((*self.infinitesimal.get(dtype, ()), *self.finite.get(dtype, ())), default=0.0)

    @property
    def kept(self) -> bool:
        """Whether the errors are rounding, in every precision: of the network, and in float32 of its inputs as well."""
        allowed = {**ROUNDING, "float32": ROUNDING["float32"] + 2 * self.input_rounding}
        return self.worst("float64") <= ROUNDING["float64"] and all(self.worst(d) <= allowed[d] for d in self.finite)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the registry."""
        errors: dict[str, Any] = {"symmetry": self.symmetry, "algebra": self.algebra}
        if self.held is not None:
            errors["held"] = self.held
        errors["input_rounding"] = self.input_rounding
        for kind, values in (("infinitesimal", self.infinitesimal), ("finite", self.finite)):
            errors |= {f"{kind}_{dtype}": list(each) for dtype, each in values.items()}
        return errors


@dataclass(frozen=True, repr=False)
class Certificate:
    """What `zoo.certify` found.

    Attributes
    ----------
    name : str
        Of the network.
    promises : bool
        Whether its family promises exact equivariance.
    checks : mapping of Check
        "own": the symmetry that the network was built with; "true": that of its task; "given": one that the caller
        named. Those that there are. Where the network has inputs that belong to the laboratory, "own_beams_held" is
        the same while these stay fixed, and "own_keeping_beams" the part of the symmetry that does not move them.
    angles_to_truth : tuple of float or None
        Principal angles in degrees between the symmetry that the network was given and the true one.
    projection : float or None
        Largest principal angle in degrees between the symmetry that the network was given (a learned basis is noisy)
        and the exact one next to it on which it is built.
    samples, seed, scale, inputs
        Number of inputs, seed of inputs and group elements, bound of their size, and where the inputs come from.
    """

    name: str
    promises: bool
    checks: Mapping[str, Check]
    angles_to_truth: tuple[float, ...] | None
    projection: float | None
    samples: int
    seed: int
    scale: float
    inputs: str

    @property
    def own(self) -> Check | None:
        """Errors against the symmetry that the network was built with."""
        return self.checks.get("own")

    @property
    def true(self) -> Check | None:
        """Errors against the symmetry of its task."""
        return self.checks.get("true")

    @property
    def verdict(self) -> str:
        """One sentence: a wrong symmetry and a leaky network are different faults."""
        return self._moved_verdict() + self._held_verdict()

    def _moved_verdict(self) -> str:
        if self.own is None:
            return "it was built without a symmetry; the errors say how far training alone has come"
        error = f"{self.own.worst():.1e}"
        if not self.own.kept:
            if self.promises:
                return f"LEAKY: it promises its own symmetry and breaks it by {error}"
            return f"it makes no promise, and breaks the symmetry that it was given by {error}"
        if self.true is None or self.angles_to_truth is None:
            return f"it keeps its own symmetry exactly ({error}, rounding)"
        angle = max(self.angles_to_truth, default=90.0)
        if self.true.kept and angle <= SAME_DEGREES:
            return f"it keeps its own symmetry exactly ({error}, rounding), and that is the true one"
        return (
            f"it keeps its own symmetry exactly ({error}, rounding); the symmetry it was given is {angle:.3g} degrees "
            f"from the true one, which it breaks by {self.true.worst():.1e}"
        )

    def _held_verdict(self) -> str:
        """What is left of its own symmetry when the laboratory stays where it is."""
        held = [check for label, check in self.checks.items() if label.startswith("own_") and check.held]
        if not held:
            return ""
        broken, left = held[0], held[1:]
        name = left[0].algebra if left and left[0].kept else "nothing"
        return f"; with the {broken.held} held fixed it is broken by {broken.worst():.1e}, and what is left is {name}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the registry."""
        return {
            "promises_equivariance": self.promises,
            **{label: check.as_dict() for label, check in self.checks.items()},
            "angles_to_truth_degrees": None if self.angles_to_truth is None else list(self.angles_to_truth),
            "projection_degrees": self.projection,
            "samples": self.samples,
            "seed": self.seed,
            "scale": self.scale,
            "inputs": self.inputs,
        }

    def __repr__(self) -> str:
        lines = [f"Certificate of {self.name}: {self.verdict}"]
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            lines.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return "\n".join([*lines, *(f"  {line}" for line in self._notes())])

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table
        from rich.text import Text

        fault = self.promises and self.own is not None and not self.own.kept
        table = Table(box=None, pad_edge=False, header_style="bold cyan")
        header, *rows = self._rows()
        for title in header:
            table.add_column(title, justify="right" if "float" in title else "left")
        for row in rows:
            table.add_row(*map(Text, row))
        verdict = Text(self.verdict, style="bold red" if fault else "green" if self.promises else "")
        notes = Text("\n".join(self._notes()), style="dim")
        title = Text(f"certificate of {self.name}", style="bold")
        return Panel(Group(verdict, Text(), table, Text(), notes), title=title, title_align="left")

    def _rows(self) -> list[tuple[str, ...]]:
        """One row a generator and kind of test, a header first."""
        rows: list[tuple[str, ...]] = [("against", "test", "generator", "float32", "float64")]
        for check in self.checks.values():
            for kind, values in (("infinitesimal", check.infinitesimal), ("finite", check.finite)):
                for i, pair in enumerate(
                    zip(*(values.get(dtype, ()) for dtype in ("float32", "float64")), strict=True)
                ):
                    rows.append((check.symmetry, kind, f"{i + 1}", *(f"{error:.1e}" for error in pair)))
        return rows

    def _notes(self) -> list[str]:
        notes = [
            f"relative errors on {self.samples} inputs from {self.inputs}, seed {self.seed}; finite: the worst of the "
            f"elements exp(z L), |z| |L| <= {self.scale:g} (all elements where the group is discrete)"
        ]
        notes += [f"{check.symmetry}: {check.algebra}" for check in self.checks.values()]
        if self.own is not None and self.own.input_rounding > ROUNDING["float32"] / 10:
            notes.append(f"rounding the transformed inputs to float32 changes outputs by {self.own.input_rounding:.1e}")
        if self.angles_to_truth is not None:
            angles = ", ".join(f"{angle:.3g}" for angle in self.angles_to_truth)
            notes.append(f"principal angles between the given symmetry and the true one: {angles} degrees")
        if self.projection:
            notes.append(f"built on the exact algebra {self.projection:.3g} degrees from the given one")
        return notes
