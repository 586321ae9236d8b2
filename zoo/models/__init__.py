"""Network families, by name: data only, so that listing them imports nothing heavy."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "cnn": "zoo.models.convolutional:CNN",
    "dense_image": "zoo.models.dense_image:DenseImage",
    "emlp": "zoo.models.emlp:EMLP",
    "fno": "zoo.models.fno:FNO",
    "mlp": "zoo.models.mlp:MLP",
    "resnet": "zoo.models.resnet:ResNet",
    "hnn": "zoo.models.hnn:HNN",
    "invariant": "zoo.models.invariant:Invariant",
    "jetfeatures": "zoo.models.jetfeatures:JetFeatures",
    "lconv": "zoo.models.lconv:LConvNet",
    "liegnn": "zoo.models.liegnn:LieGNN",
}
