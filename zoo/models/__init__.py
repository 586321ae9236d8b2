"""Network families, by name: data only, so that listing them imports nothing heavy."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "emlp": "zoo.models.emlp:EMLP",
    "mlp": "zoo.models.mlp:MLP",
    "hnn": "zoo.models.hnn:HNN",
    "invariant": "zoo.models.invariant:Invariant",
    "jetfeatures": "zoo.models.jetfeatures:JetFeatures",
    "liegnn": "zoo.models.liegnn:LieGNN",
}
