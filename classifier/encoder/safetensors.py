"""Tensors out of a stream in the safetensors format (a length, a JSON header, then the values, little-endian)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000
"""As the format's own reader has it."""
TYPES: Mapping[str, np.dtype[np.float32] | np.dtype[np.int64]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, count: int, /) -> bytes: ...


def tensors(stream: Stream) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """Each tensor with its name, in the order of the file, so that one at a time is in memory.

    Raises ValueError when this is no such stream, or it ends early.
    """
    length = int.from_bytes(_exactly(stream, LENGTH_BYTES), "little")
    if length > LONGEST_HEADER:
        raise ValueError("this is no safetensors file")
    header = json.loads(_exactly(stream, length))
    header.pop("__metadata__", None)
    position = 0
    for name, about in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
        begin, end = about["data_offsets"]
        if begin != position:
            raise ValueError(f"tensor {name} does not follow the one before it")
        values: npt.NDArray[np.generic] = np.frombuffer(_exactly(stream, end - begin), TYPES[about["dtype"]])
        yield name, values.reshape(about["shape"])
        position = end


def _exactly(stream: Stream, count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise ValueError("the file ends early")
    return content
