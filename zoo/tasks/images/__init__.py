"""Images: which digit (`mnist`), which thing (`cifar10`), as they are, rotated, or rotated and scrambled."""

from .known import CIFAR10, MNIST
from .pixels import Pixels
from .task import Images

__all__ = ["CIFAR10", "MNIST", "Images", "Pixels"]
