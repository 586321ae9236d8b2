"""`Recipe`: what the `training` field of a registry entry says, checked at use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..engine.schedule import Schedule
from ..errors import ConfigError
from ..registry import Entry


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Strict):
    """Options of the task's `make` (size, seed, ...) by split; a split that is null is not used."""

    train: dict[str, Any] = {}
    validation: dict[str, Any] | None = None
    test: dict[str, Any] = {}


class Augment(_Strict):
    """Augmentation: whose group, and which of its elements.

    See `zoo.symmetries.augment.Augmentation`, and of images `zoo.symmetries.image_augment.ImageAugmentation`; for these
    the symmetry may be "flip_and_crop" (by up to so many `pixels`, 4 by default), `flip` reflects half of them as well,
    `cubic` interpolates by cubics, and `share` of them are moved. `reach` stands for coefficients that are uniform
    between -reach and reach; `evenly`, of images, for as far along each learned field as costs the same validity, and
    as reach along the most valid one. `kind`: what the symmetry is, or in place of learned fields as many `random`
    ones of the same architecture, by `seed`.
    """

    symmetry: str
    kind: Literal["learned", "random"] = "learned"
    seed: Annotated[int, Field(ge=0)] = 0
    pixels: Annotated[int, Field(ge=0)] | None = None
    flip: bool = False
    cubic: bool = False
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    coefficients: dict[str, Any] | None = None
    over: Literal["coefficients", "period"] = "coefficients"
    reach: Annotated[float, Field(gt=0)] | None = None
    evenly: bool = False


class Moved(_Strict):
    """Solutions moved by a symmetry beside those that are given, as many (see `zoo.actions.moved_data`).

    `kind`: the fields that the discoverer `symmetry` learned; those of the equation that are `known` in closed form
    (the approximate ones if `approximate`); or `random` ones, as many and of the same architecture, by `seed`.
    `count`: of the learned fields the most valid alone, so many. Coefficients are uniform between -reach and reach.
    `by_rate`: between the times at which a solution is known it is interpolated with the u_t that its equation gives.
    """

    symmetry: str
    kind: Literal["learned", "known", "random"] = "learned"
    approximate: bool = False
    count: Annotated[int, Field(ge=1)] | None = None
    reach: Annotated[float, Field(gt=0)] = 0.1
    by_rate: bool = False
    seed: Annotated[int, Field(ge=0)] = 0


class Solution(_Strict):
    """How a discoverer is made that is solved for, not trained (see `is_solved`): the pairs are drawn with the seed."""

    task: str | None = None
    data: Data = Data()
    seed: Annotated[int, Field(ge=0)] = 0
    replicas: list[Annotated[int, Field(ge=0)]] = []


class Common(Solution):
    """What the recipes of networks and discoverers have in common; the schedule is that of `zoo.engine.Schedule`."""

    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    schedule: Literal["cosine", "constant", "step"] = "cosine"
    floor: float = 0.0
    warmup: float = 0.0
    milestones: tuple[float, ...] = ()
    gamma: float = 0.1
    average: float | None = None
    validate_every: int | None = None
    best: str | None = None
    cuda_graph: bool = False

    def to_schedule(self, checkpoint_seconds: float | None) -> Schedule:
        """The engine's schedule; errors as there."""
        same = ("epochs", "batch_size", "seed", "floor", "warmup", "milestones", "gamma", "average", "validate_every")
        fields = {name: getattr(self, name) for name in (*same, "best", "cuda_graph")}
        return Schedule(decay=self.schedule, checkpoint_seconds=checkpoint_seconds, **fields)


class Recipe(Common):
    """How a network is trained: data, loss, AdamW and schedule.

    `compiled` asks the network to compile its inner loops (see `LieGNN.compiled`): faster, the same up to rounding.
    `calibrate` sets the network's input and output scales from the training data first; `best` ("min mse") keeps the
    weights of the best validation, every `validate_every` epochs. `rollout`: blocks of solutions are learned, so
    many `blocks` in a row, see `zoo.engine.rollout.Rollout`. An epoch has `samples`, the data over and over, where it
    is not one pass: so that trainings on few and many data take as many steps. `smoothing` is the share of the labels'
    probability that cross entropy spreads over all classes.
    """

    lr: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    clip: Annotated[float, Field(gt=0)] | None = None
    loss: Literal["mse", "relative", "l1", "huber", "bce", "cross_entropy"] = "mse"
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    calibrate: bool = True
    compiled: bool = False
    rollout: bool = False
    blocks: Annotated[int, Field(ge=1)] = 1
    samples: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    augment: Augment | None = None
    moved: Moved | None = None


class Discovery(Common):
    """How a discoverer is trained; defaults as in `zoo.discover`.

    `options` go to its learner, and are named by its `learner_options`. `features` is the network whose answers fields
    on images leave alone.
    """

    batch_size: Annotated[int, Field(ge=1)] = 256
    floor: float = 0.02
    average: float | None = 0.998
    features: str | None = None
    options: dict[str, Any] = {}


def network_recipe(name: str, entry: Entry, changes: Mapping[str, Any]) -> Recipe:
    """The recipe of a network's entry, with some fields replaced.

    Raises
    ------
    ConfigError
        If the entry has none, or a field is unknown, missing or out of range: entry and field are named.
    """
    return _checked(Recipe, name, {**_present(name, entry), **changes})


def discovery_recipe(name: str, entry: Entry, changes: Mapping[str, Any], options: Collection[str]) -> Discovery:
    """The recipe of a discoverer's entry; fields that are among the learner's `options` may stand beside the others.

    Raises
    ------
    ConfigError
        As in `network_recipe`.
    """
    given = {**_present(name, entry), **changes}
    chosen = {key: given.pop(key) for key in list(given) if key in options}
    return _checked(Discovery, name, {**given, "options": chosen}, options)


def solution_recipe(name: str, entry: Entry, changes: Mapping[str, Any]) -> Solution:
    """The recipe of a discoverer that is solved for; errors as in `network_recipe`."""
    return _checked(Solution, name, {**_present(name, entry), **changes})


def _present(name: str, entry: Entry) -> dict[str, Any]:
    if not entry.training:
        raise ConfigError(f"{name} has no training recipe in the registry, so its weights cannot be made again")
    return entry.training


def _checked(schema: type[Any], name: str, data: Mapping[str, Any], more: Collection[str] = ()) -> Any:
    try:
        return schema.model_validate(dict(data))
    except ValidationError as error:
        known = ", ".join([field for field in schema.model_fields if field != "options"] + list(more))
        lines = [
            f"entry {name}, field training.{'.'.join(map(str, fault['loc']))}: "
            + (f"unknown field; there are {known}" if fault["type"] == "extra_forbidden" else fault["msg"])
            for fault in error.errors(include_url=False)
        ]
        raise ConfigError("\n".join(lines)) from error
