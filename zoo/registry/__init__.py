"""The registry: `registry.yaml` as checked data, without torch."""

from .registry import Registry, data_root, default_path, list_models
from .schema import Entry, Reference, Replica, Weights

__all__ = ["Entry", "Reference", "Registry", "Replica", "Weights", "data_root", "default_path", "list_models"]
