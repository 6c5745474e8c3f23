"""A graph in the making: nodes and constants by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own, fused operators."""
OPSET = 18
IR_VERSION = 10
HALF_OF_BYTE = 128


class Graph:
    """Grows by one node a call; each call gives the name of what it computes."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """A fixed array; a name given twice is the first one again."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(self, operator: str, inputs: Sequence[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        """A node; the name of its first output."""
        node = helper.make_node(operator, inputs, outputs, name=outputs[0], domain=domain, **attributes)
        self._nodes.append(node)
        return outputs[0]

    def product(self, x: str, values: npt.NDArray[np.int8], scale: npt.NDArray[np.float32], name: str) -> str:
        """``x`` times the transposed quantised matrix, each row of ``x`` rounded to 256 steps of its own.

        onnxruntime's dynamic quantisation rounds a whole batch by one scale: one outlier makes every row coarse (cosine
        to fp32 .90 instead of .995), and a text's vector depends on its company (.94 to itself alone).
        """
        unsigned = self.constant("half_of_byte", np.array(HALF_OF_BYTE, np.uint8))
        largest = self.add(
            "ReduceMax", [self.add("Abs", [x], f"{name}/abs"), self.constant("last", [-1])], f"{name}/largest"
        )
        step = self.add("Mul", [largest, self.constant("per_step", np.float32(1 / 127))], f"{name}/some_step")
        step = self.add("Max", [step, self.constant("least_step", np.float32(1e-9))], f"{name}/step")
        steps = self.add("Mul", [x, self.add("Reciprocal", [step], f"{name}/per_value")], f"{name}/steps")
        # The conversion cuts off: half a step more rounds, and half of the byte makes it unsigned.
        shifted = self.add("Add", [steps, self.constant("shift", np.float32(HALF_OF_BYTE + 0.5))], f"{name}/shifted")
        byte = self.add("Cast", [shifted], f"{name}/byte", to=TensorProto.UINT8)
        weights = self.constant(f"{name}/weights", values.T)
        whole = self.add("MatMulInteger", [byte, weights, unsigned], f"{name}/whole")
        real = self.add("Cast", [whole], f"{name}/real", to=TensorProto.FLOAT)
        by_row = self.add("Mul", [real, step], f"{name}/by_row")
        return self.add("Mul", [by_row, self.constant(f"{name}/scale", scale)], name)

    def model(self, name: str, inputs: Sequence[str], output: str, width: int) -> onnx.ModelProto:
        """The finished model: whole numbers of (batch, length) in, ``output`` of (batch, length, width) out."""
        takes = [helper.make_tensor_value_info(one, TensorProto.INT64, ["batch", "length"]) for one in inputs]
        gives = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", "length", width])]
        graph = helper.make_graph(self._nodes, name, takes, gives, list(self._constants.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
