"""Pairs of functions on a grid, one of which is the other moved a little: shifted signals, rotated images."""

from .task import TASK, PairsOnGrid

__all__ = ["TASK", "PairsOnGrid"]
