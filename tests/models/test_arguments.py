from __future__ import annotations

import importlib
import inspect

import pytest

from zoo.errors import ConfigError
from zoo.models import FAMILIES
from zoo.models.arguments import one_of, positive, shape_of
from zoo.symmetries import Rep

CLOUDS = ("liegnn", "jetfeatures")  # families that take any number of points, whose shape is not the caller's to say
NODES = ("lconv", "cnn", "dense_image", "resnet", "fno")  # of functions on pixels or points, which no `Rep` describes


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_found_by_its_name(family):
    module, name = FAMILIES[family].split(":")
    builder = getattr(importlib.import_module(module), name)
    assert builder.family == family
    parameters = list(inspect.signature(builder).parameters.values())
    assert parameters[0].name == "symmetry"
    named = {p.name for p in parameters[1:] if p.kind is p.KEYWORD_ONLY}
    assert named
    if family not in CLOUDS:
        assert {"input_shape", "output_shape"} <= named
    if family not in CLOUDS + NODES:
        assert {"rep_in", "rep_out"} <= named


def test_shapes_are_checked_against_representations():
    assert shape_of("input_shape", [5, 8], Rep.parse("5x1", 8)) == (5, 8)
    assert shape_of("output_shape", [], Rep.parse("1x0", 8)) == ()
    with pytest.raises(ConfigError, match="positive lengths"):
        shape_of("input_shape", [0, 8])


@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_counts_are_whole_and_positive(value):
    with pytest.raises(ConfigError, match="layers must be a whole number of at least 1"):
        positive("layers", value)
    assert positive("layers", 3.0) == 3 and one_of("gate", "swish", ("swish",)) == "swish"
