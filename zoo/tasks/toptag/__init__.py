"""Top tagging: is this jet the decay of a top quark, or light quarks and gluons?"""

from .task import TASK, TopTagging

__all__ = ["TASK", "TopTagging"]
