"""Chunks of an HDF5 dataset decoded here, for the compressors that PyTables brings and h5py does not know.

PyTables itself unpickles every attribute of a table as soon as it opens it, so it is not let near a user's file.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import DataError, require

DEFLATE, SHUFFLE, FLETCHER32, LZO, BZIP2, BLOSC, BLOSC2 = 1, 2, 3, 305, 307, 32001, 32026  # numbers by the HDF5 group


@dataclass(frozen=True)
class Decoder:
    """Undoes the filters of a dataset.

    Attributes
    ----------
    filters : tuple of int
        In the order in which they were applied.
    size : int
        Bytes of a decoded chunk.
    itemsize : int
        Bytes of a row.
    """

    filters: tuple[int, ...]
    size: int
    itemsize: int

    def decode(self, data: bytes, skipped: int) -> bytes:
        """The bytes of a chunk; bit i of `skipped` says that filter i left this chunk as it was."""
        for i, number in reversed(list(enumerate(self.filters))):
            if not skipped >> i & 1:
                data = _STEPS[number](data, self)
        if len(data) != self.size:
            raise ValueError(f"a chunk has {len(data)} bytes instead of {self.size}")
        return data


def decoder(dataset: Any, source: str) -> Decoder | None:
    """What undoes the filters of an h5py `dataset`; None if h5py can do it alone.

    Raises
    ------
    DataError
        If a compressor is unknown here and to h5py.
    """
    h5py = require("h5py", "hep")
    if dataset.chunks is None:
        return None
    plist = dataset.id.get_create_plist()
    filters = tuple(plist.get_filter(i)[0] for i in range(plist.get_nfilters()))
    if all(h5py.h5z.filter_avail(number) for number in filters):
        return None
    unknown = [number for number in filters if number not in _STEPS]
    if unknown:
        called = "LZO" if unknown[0] == LZO else f"the HDF5 filter {unknown[0]}"
        raise DataError(
            f"{source}: the table is compressed with {called}, which cannot be read here; write it again with "
            "ptrepack --complib blosc (from PyTables)"
        )
    itemsize = dataset.id.get_type().get_size()
    return Decoder(filters, int(np.prod(dataset.chunks)) * itemsize, itemsize)


def _inflate(data: bytes, decoder: Decoder) -> bytes:
    return zlib.decompressobj().decompress(data, decoder.size + 4)  # never more than the chunk and a checksum


def _bunzip2(data: bytes, decoder: Decoder) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, decoder.size + 4)


def _unshuffle(data: bytes, decoder: Decoder) -> bytes:
    """All first bytes, then all second bytes, ... of the rows -> row after row."""
    planes = np.frombuffer(data, np.uint8).reshape(decoder.itemsize, -1)
    return planes.T.tobytes()


def _without_checksum(data: bytes, _: Decoder) -> bytes:
    return data[:-4]


def _unblosc(data: bytes, decoder: Decoder) -> bytes:
    blosc2 = require("blosc2", "hep")
    if len(data) < 16 or int.from_bytes(data[4:8], "little") != decoder.size:
        raise ValueError("the header of a compressed chunk says another size")
    return blosc2.decompress(data)


def _unblosc2(data: bytes, decoder: Decoder) -> bytes:
    """PyTables puts each chunk into a frame of its own."""
    frame = require("blosc2", "hep").schunk_from_cframe(data)
    if frame.nbytes != decoder.size:
        raise ValueError("the header of a compressed chunk says another size")
    return b"".join(frame.decompress_chunk(i) for i in range(frame.nchunks))


_STEPS: Mapping[int, Callable[[bytes, Decoder], bytes]] = {
    DEFLATE: _inflate,
    SHUFFLE: _unshuffle,
    FLETCHER32: _without_checksum,
    BZIP2: _bunzip2,
    BLOSC: _unblosc,
    BLOSC2: _unblosc2,
}
