"""`verify`: is everything that is installed what the registry says it is?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SymmetryError, WeightsError, ZooError
from ..registry import Entry, Registry
from ..registry.lineage import descendants

if TYPE_CHECKING:
    from rich.console import RenderableType

GOOD, BAD, ABSENT = "ok", "FAULT", "absent"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `state` is "ok", "FAULT", or "absent" for what need not be there."""

    name: str
    what: str
    state: str
    message: str = ""


@dataclass(frozen=True)
class Report:
    """What `verify` found; prints as a table of the faults and a count."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no fault."""
        return not self.faults

    @property
    def faults(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.state == BAD)

    @property
    def stale(self) -> tuple[str, ...]:
        """Entries whose symmetry, or that of an ancestor, is no longer the one they were made for."""
        return tuple(dict.fromkeys(check.name for check in self.faults if check.what == "lineage"))

    def __str__(self) -> str:
        lines = [f"{check.name}: {check.what}: {check.message}" for check in self.faults]
        return "\n".join([*lines, self._summary()])

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        summary = Text(self._summary(), style="green" if self.ok else "bold red")
        if self.ok:
            return summary
        table = Table("entry", "check", "fault", header_style="bold", show_lines=True)
        for check in self.faults:
            table.add_row(*(Text(cell) for cell in (check.name, check.what, check.message)))
        return Group(table, summary)

    def _summary(self) -> str:
        names = {check.name for check in self.checks}
        good = sum(check.state == GOOD for check in self.checks)
        absent = sum(check.state == ABSENT for check in self.checks)
        rest = f", {absent} optional files absent" if absent else ""
        return f"{len(names)} entries: {good} checks passed, {len(self.faults)} failed{rest}"


def verify(registry: Registry | None = None) -> Report:
    """Check every entry: family, files and hashes, headers, fingerprints, lineage, replicas.

    Parameters
    ----------
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Returns
    -------
    Report
        `.ok`, `.faults`, and `.stale`: the entries to train again because their symmetry changed.

    Raises
    ------
    RegistryError
        If the registry itself cannot be read.
    """
    registry = Registry.load() if registry is None else registry
    spans = {name: _span(name, entry, registry) for name, entry in registry.entries.items()}
    checks = list(_family_checks(registry))
    for name, entry in registry.entries.items():
        checks.append(_weights_check(name, entry, registry))
        checks += _replica_checks(name, entry, registry)
    checks += _lineage_checks(registry, spans)
    return Report(tuple(checks))


def _family_checks(registry: Registry) -> Iterator[Check]:
    from ..factory.providers import discoverers, models

    for line in registry.check_families(models=models(), discoverers=discoverers()):
        name = line.split(",")[0].removeprefix("entry ")
        yield Check(name, "family", BAD, line.partition(": ")[2])


def _weights_check(name: str, entry: Entry, registry: Registry) -> Check:
    """File, size, hash, header and symmetry, as `zoo.load` checks them; the module itself is not built."""
    from ..factory.loading import check_header
    from ..factory.meaning import from_tensors
    from ..factory.places import local_path
    from ..weights import read_weights

    if entry.weights is None:
        return Check(name, "weights", ABSENT, "not trained yet")
    try:
        path = local_path(name, entry, registry)
        if path is None:
            return Check(name, "weights", ABSENT, f"remote, not downloaded yet: {entry.weights.url}")
        tensors, header = read_weights(path, sha256=entry.weights.sha256, size=entry.weights.bytes)
        check_header(name, entry, header, path)
        from_tensors(tensors, header, str(path))
        if header.name not in (None, name):
            raise WeightsError(f"{path}: these are the weights of {header.name}")
    except ZooError as error:
        return Check(name, "weights", BAD, str(error))
    return Check(name, "weights", GOOD)


def _replica_checks(name: str, entry: Entry, registry: Registry) -> Iterator[Check]:
    """Other seeds are not in the wheel: absent is fine, wrong is not."""
    from ..weights import read_weights

    for replica in entry.replicas:
        what = f"seed {replica.seed}"
        try:
            path = registry.file(replica.file, name)
            if not path.is_file():
                yield Check(name, what, ABSENT)
                continue
            _, header = read_weights(path, sha256=replica.sha256, size=replica.bytes)
            if header.family != entry.family:
                raise WeightsError(f'{path}: weights of the family "{header.family}", and {name} is "{entry.family}"')
            yield Check(name, what, GOOD)
        except ZooError as error:
            yield Check(name, what, BAD, str(error))


def _lineage_checks(registry: Registry, spans: dict[str, str | None]) -> Iterator[Check]:
    """An entry records the span that it was made for; every descendant of a changed one is stale."""
    entries = registry.entries
    for name, entry in entries.items():
        parent = entry.symmetry
        if parent is None or entry.symmetry_fingerprint is None:
            continue
        now = spans[parent] if parent in spans else _named_span(parent)
        if now is None:
            yield Check(name, "lineage", ABSENT, f"the weights of {parent} are not there to compare with")
            continue
        if now == entry.symmetry_fingerprint:
            yield Check(name, "lineage", GOOD)
            continue
        yield Check(
            name,
            "lineage",
            BAD,
            f"stale: made for the span {entry.symmetry_fingerprint} of {parent}, which is now {now}; "
            f"run: zoo train {name} --write",
        )
        for child in descendants(entries, name):
            yield Check(child, "lineage", BAD, f"stale: descends from {name}, which is stale itself; train that first")


def _span(name: str, entry: Entry, registry: Registry) -> str | None:
    """Fingerprint of the symmetry in an entry's weights as they are now, None where there are none."""
    from ..factory.loading import assemble
    from ..factory.meaning import from_tensors
    from ..factory.places import local_path
    from ..weights import read_weights

    try:
        path: Path | None = local_path(name, entry, registry) if entry.weights is not None else None
        if path is None:
            return None
        # without the registry's hash: a file that was replaced is what makes its descendants stale
        tensors, header = read_weights(path)
        if header.has_fields:
            return assemble(tensors, header, str(path)).fingerprint  # type: ignore[return-value]
        algebra = from_tensors(tensors, header, str(path))
    except ZooError:
        return None
    return algebra.fingerprint if algebra is not None else None


def _named_span(name: str) -> str | None:
    from ..factory.meaning import from_name

    try:
        return from_name(name).fingerprint
    except SymmetryError:
        return None
