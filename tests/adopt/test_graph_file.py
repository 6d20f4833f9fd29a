from __future__ import annotations

import pytest

from pipeline.adopt.graph_file import check_graph
from pipeline.errors import ConversionError
from pipeline.manifest.tensors import Tensor
from tests.adopt.graphs import make_classifier


@pytest.mark.parametrize("how", ["operator", "shape", "output"])
def test_a_graph_that_is_not_valid_is_refused(how: str) -> None:
    graph = make_classifier()
    if how == "operator":
        graph.graph.node[0].op_type = "Gem"
    elif how == "shape":
        graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 5
    else:
        graph.graph.output[0].name = "z"
    with pytest.raises(ConversionError):
        check_graph(graph, (Tensor("x", "float32", ("batch", 4)),), ["scores"])
