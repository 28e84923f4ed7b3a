"""A network as its ``model.tflite`` describes it: layers, weights and receptive fields.

Nothing is told by names: any network of convolutions, pooling and dense layers is understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from digitrec.language import N_, _
from digitrec.preprocess import SIDE

Weights = NDArray[np.float32]

_OPERATORS = schema.BuiltinOperator
KINDS = {
    _OPERATORS.CONV_2D: N_("Convolution"),
    _OPERATORS.DEPTHWISE_CONV_2D: N_("Depthwise convolution"),
    _OPERATORS.MAX_POOL_2D: N_("Max pooling"),
    _OPERATORS.AVERAGE_POOL_2D: N_("Average pooling"),
    _OPERATORS.MEAN: N_("Average"),
    _OPERATORS.ADD: N_("Sum"),
    _OPERATORS.FULLY_CONNECTED: N_("Dense"),
}
_CONVOLUTIONS = {_OPERATORS.CONV_2D, _OPERATORS.DEPTHWISE_CONV_2D}
_POOLING = {_OPERATORS.MAX_POOL_2D, _OPERATORS.AVERAGE_POOL_2D}


class GraphError(ValueError):
    """The network is not of a kind that can be looked into."""


@dataclass(frozen=True)
class Field:
    """The receptive field of a layer's cells along one side of the input, in pixels.

    Cell k sees `size` pixels from `start + k * stride` on (Dumoulin and Visin, *A guide to
    convolution arithmetic for deep learning*, 2016). They may lie outside, in the padding.
    """

    size: int = 1
    stride: int = 1
    start: int = 0

    def after(self, window: int, stride: int, before: int) -> Field:
        """That of a window of cells, moved by `stride` cells, `before` of them in the padding."""
        return Field(
            self.size + (window - 1) * self.stride,
            self.stride * stride,
            self.start - before * self.stride,
        )

    def with_(self, other: Field) -> Field:
        """The smallest one around both, for what sums two layers cell by cell."""
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return Field(end - start, self.stride, start)


ALL = Field(SIDE, SIDE, 0)
Fields = tuple[Field, Field]  # along rows, along columns


@dataclass(frozen=True)
class Layer:
    """One step of the network.

    shape: (rows, columns, maps), or (units,) where it has no layout. window: how many cells of the
    layer before one cell looks at, (rows, columns). weights: how many numbers training sets.
    kernel: as LiteRT keeps it, (maps, rows, columns, inputs) or (units, inputs); None without.
    """

    kind: str
    shape: tuple[int, ...]
    window: tuple[int, int] | None
    weights: int
    fields: Fields
    tensor: int
    kernel: Weights | None


class Graph:
    """The layers of a network, from the bytes of its ``model.tflite``.

    layers: all that compute something, in order; the last gives the logits. Raises `GraphError`
    for a network that does not end in a softmax over them.
    """

    def __init__(self, content: bytes) -> None:
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        self._graph = self._model.subgraphs[0]
        self.layers: list[Layer] = []
        self.logits = self.features = -1  # tensors; features: what the logits are computed from
        fields: dict[int, Fields] = {int(self._graph.inputs[0]): (Field(), Field())}
        made_from: dict[int, int] = {}
        for operator in self._graph.operators:
            code = self._model.operatorCodes[operator.opcodeIndex].builtinCode
            inputs = [int(i) for i in operator.inputs]
            output = int(operator.outputs[0])
            seen = [fields[i] for i in inputs if i in fields]
            if not seen:  # it works on shapes, and not on what was drawn
                continue
            made_from[output] = inputs[0]
            if code == _OPERATORS.SOFTMAX:
                self.logits, self.features = inputs[0], made_from.get(inputs[0], -1)
            window = self._window(code, operator)
            fields[output] = self._fields(operator, window, seen)
            if code in KINDS:
                self.layers.append(self._layer(code, operator, window, fields[output]))
        if self.features < 0 or self.layers[-1].tensor != self.logits:
            raise GraphError(
                _("This network does not end in a softmax, and cannot be looked into.")
            )

    def showing(self, tensors: Sequence[int]) -> bytes:
        """The same network with these tensors as its outputs, in this order."""
        kept, signatures = self._graph.outputs, self._model.signatureDefs
        self._graph.outputs, self._model.signatureDefs = np.array(tensors, np.int32), []
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        self._graph.outputs, self._model.signatureDefs = kept, signatures
        return bytes(builder.Output())

    def rounded(self, bits: int) -> bytes:
        """The same network with every kernel rounded to `bits` bits a weight.

        Evenly spaced values from minus to plus the kernel's largest, zero among them.
        """
        kernels = {int(o.inputs[1]) for o in self._graph.operators if self._kernel(o) is not None}
        buffers = {self._graph.tensors[tensor].buffer for tensor in kernels}
        kept = {buffer: self._model.buffers[buffer].data for buffer in buffers}
        for buffer, data in kept.items():
            weights = np.asarray(data, np.uint8).view(np.float32)
            step = float(np.abs(weights).max()) / max(1, 2 ** (bits - 1) - 1) or 1.0
            rounded = (np.rint(weights / step) * step).astype(np.float32)
            self._model.buffers[buffer].data = rounded.view(np.uint8)
        content = self.showing(list(self._graph.outputs))
        for buffer, data in kept.items():
            self._model.buffers[buffer].data = data
        return content

    def _shape(self, tensor: int) -> tuple[int, ...]:
        """Without the batch."""
        return tuple(int(n) for n in self._graph.tensors[tensor].shape[1:])

    def _constant(self, tensor: int) -> Weights | None:
        """The values of a tensor that does not depend on the input; None of one that does."""
        described = self._graph.tensors[tensor]
        data = self._model.buffers[described.buffer].data
        if data is None or described.type != schema.TensorType.FLOAT32:
            return None
        return np.asarray(data, np.uint8).view(np.float32).reshape(described.shape)

    def _kernel(self, operator: Any) -> Weights | None:
        code = self._model.operatorCodes[operator.opcodeIndex].builtinCode
        has = code in _CONVOLUTIONS or code == _OPERATORS.FULLY_CONNECTED
        return self._constant(int(operator.inputs[1])) if has else None

    def _window(self, code: int, operator: Any) -> tuple[int, int] | None:
        options = operator.builtinOptions
        if code in _POOLING:
            return options.filterHeight, options.filterWidth
        if code in _CONVOLUTIONS:
            _, rows, columns, _ = self._graph.tensors[int(operator.inputs[1])].shape
            return int(rows), int(columns)
        return None

    def _fields(self, operator: Any, window: tuple[int, int] | None, seen: list[Fields]) -> Fields:
        before, after = (self._shape(int(t)) for t in (operator.inputs[0], operator.outputs[0]))
        if window is None:
            if len(after) == 3 and after[:2] == before[:2]:  # cell by cell
                return (
                    reduce(Field.with_, [rows for rows, _ in seen]),
                    reduce(Field.with_, [columns for _, columns in seen]),
                )
            return ALL, ALL
        options = operator.builtinOptions
        strides = options.strideH, options.strideW
        found = []
        for axis, field in enumerate(seen[0]):
            missing = 0
            if options.padding == schema.Padding.SAME:
                missing = max(0, (after[axis] - 1) * strides[axis] + window[axis] - before[axis])
            found.append(field.after(window[axis], strides[axis], missing // 2))
        return found[0], found[1]

    def _layer(
        self, code: int, operator: Any, window: tuple[int, int] | None, fields: Fields
    ) -> Layer:
        kernel = self._kernel(operator)
        has_bias = kernel is not None and len(operator.inputs) > 2 and operator.inputs[2] >= 0
        bias = self._constant(int(operator.inputs[2])) if has_bias else None
        output = int(operator.outputs[0])
        return Layer(
            kind=KINDS[code],
            shape=self._shape(output),
            window=window,
            weights=sum(prod(part.shape) for part in (kernel, bias) if part is not None),
            fields=fields,
            tensor=output,
            kernel=kernel,
        )
