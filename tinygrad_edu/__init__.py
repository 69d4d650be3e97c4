"""tinygrad_edu: a reverse-mode autograd engine in NumPy that a student can read whole.

Read in order: `scalar`, `node`, `primitive`, `backward`, the ``ops`` folder, `tensor`, ``nn``, ``optim``.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> loss = (x * x).sum()
>>> loss.backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinygrad_edu import autograd
from tinygrad_edu.backend import device
from tinygrad_edu.broadcast import *
from tinygrad_edu.dtypes import *
from tinygrad_edu.factories import *
from tinygrad_edu.grad_mode import *
from tinygrad_edu.memory import keep_freed_memory
from tinygrad_edu.ops.compare import *
from tinygrad_edu.ops.einsum import *
from tinygrad_edu.ops.elementwise import *
from tinygrad_edu.ops.index import *
from tinygrad_edu.ops.linalg import *
from tinygrad_edu.ops.order import *
from tinygrad_edu.ops.rearrange import *
from tinygrad_edu.ops.reduce import *
from tinygrad_edu.ops.rounding import *
from tinygrad_edu.ops.scan import *
from tinygrad_edu.ops.shape import *
from tinygrad_edu.ops.special import *
from tinygrad_edu.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_edu import nn, optim, scalar, viz

__version__ = "0.1.0"

# PyTorch's other names for the same
mm = matmul
clamp = clip

keep_freed_memory()

_LAZY = ("data", "errors", "metrics", "models", "nn", "optim", "scalar", "train", "viz")
# PyTorch has these at the top, too; they live with what else they need.
_ELSEWHERE = {
    "conv1d": "nn.functional",
    "conv2d": "nn.functional",
    "get_num_threads": "ops.workspace",
    "load": "saving",
    "max_pool2d": "nn.functional",
    "save": "saving",
    "set_num_threads": "ops.workspace",
}


def __getattr__(name: str) -> Any:
    # Layers, pictures, data and training are loaded when they are asked for: importing the engine stays quick.
    if name in _LAZY:
        return import_module(f"tinygrad_edu.{name}")
    if name in _ELSEWHERE:
        return getattr(import_module(f"tinygrad_edu.{_ELSEWHERE[name]}"), name)
    raise AttributeError(f"module 'tinygrad_edu' has no attribute {name!r}")
