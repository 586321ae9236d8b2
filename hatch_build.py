"""Put the registry and the published weights into the wheel; the other seeds of each recipe stay in the repository."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RegistryAndWeights(BuildHookInterface):
    """Called by hatchling; an editable install finds both beside the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        for path in [root / "registry.yaml", *sorted((root / "weights").glob("*.safetensors"))]:
            build_data["force_include"][str(path)] = f"zoo/_data/{path.relative_to(root).as_posix()}"
