"""Data from the user: files and arrays.

========== ======================================== =====================================================
suffix     trajectories                             samples
========== ======================================== =====================================================
.npz, .h5  array "trajectories" `(N, T, k)`,        arrays "x" `(N, ...)` and "y" `(N, ...)`
           or windows "x" and "y"
.npy       `(N, T, k)`                              `(N, columns)`: the numbers of x, then those of y
.csv       a row each step: orbit, step, then the   a row each sample: the numbers of x, then those of y
           k coordinates
========== ======================================== =====================================================

A .csv file is comma separated, one row of equal length a line. Its first line may name the columns; then they may
stand in any order, else they stand in the order of the task's `columns`. The orbit is any number that tells orbits
apart, and the steps of an orbit are consecutive integers; orbits need not be equally long.

Numbers are floating point or integers, all of them finite; nothing is unpickled.
"""

from .checks import as_numbers
from .files import Content, read_file
from .layout import pairs, read_pairs, trajectories
from .writing import write_arrays

__all__ = ["Content", "as_numbers", "pairs", "read_file", "read_pairs", "trajectories", "write_arrays"]
