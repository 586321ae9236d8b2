"""Names of columns out of a pandas attribute, without unpickling it.

pandas stores the list of a block's columns as a pickle, and a pickle can run any program when it is loaded. Here its
instructions are only looked at: a list of strings is spelled with a few of them, which build nothing else; any other
instruction is refused.
"""

from __future__ import annotations

import pickletools

from ....errors import DataError

_STRINGS = {
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
}
_STRUCTURE = {
    "PROTO",
    "FRAME",
    "MARK",
    "LIST",
    "EMPTY_LIST",
    "APPEND",
    "APPENDS",
    "PUT",
    "BINPUT",
    "LONG_BINPUT",
    "MEMOIZE",
    "STOP",
}


def read_names(stored: bytes, source: str) -> list[str]:
    """The strings of a pickled list of strings.

    Raises
    ------
    DataError
        If it is anything else.
    """
    names = []
    try:
        for opcode, argument, _ in pickletools.genops(stored):
            if opcode.name in _STRINGS:
                names.append(str(argument))
            elif opcode.name not in _STRUCTURE:
                raise DataError(
                    f"{source}: the names of the columns are not stored as a list of strings but with the instruction "
                    f"{opcode.name}, which is not run; write the file again from a source you trust"
                )
    except DataError:
        raise
    except Exception as error:  # pickletools raises whatever a damaged argument leads to
        raise DataError(f"{source}: the names of the columns are damaged ({error})") from error
    return names


def write_names(names: list[str]) -> bytes:
    """The same list for pandas to read: protocol 0, as PyTables writes it."""
    return b"(l" + b"".join(b"V" + name.encode("ascii") + b"\na" for name in names) + b"."
