"""Files of jets: the Top Quark Tagging Reference Dataset as published, files of the same form, and plain arrays.

========== ==========================================================================================================
suffix     content
========== ==========================================================================================================
.h5        a table of pandas or PyTables, by default under the key "table", with the columns E_0, PX_0, PY_0, PZ_0,
           E_1, ..., and if known truthE, truthPX, truthPY, truthPZ and is_signal_new; or the arrays of .npz
.parquet   the same columns
.npz       "momenta" or "x" (B, N, 4), zero padded, or "values" (M, 4) and "counts" (B,); if known "labels" (B,)
.npy       (B, N, 4), zero padded
========== ==========================================================================================================

Momenta are (E, px, py, pz) in GeV. Files are read and written a chunk at a time, jets are checked on the way, and what
is repaired is reported by `Repairs`. Nothing is unpickled.
"""

from .chunk import Chunk, join
from .columns import constituent_columns
from .reading import count_jets, read_jets
from .repairs import Repair, Repairs
from .writing import write_jets

__all__ = [
    "Chunk",
    "Repair",
    "Repairs",
    "constituent_columns",
    "count_jets",
    "join",
    "read_jets",
    "write_jets",
]
