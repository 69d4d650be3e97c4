"""Whole models, ready to train."""

from .lenet import lenet
from .mlp import mlp
from .resnet import ResidualBlock, resnet
from .vgg import vgg

__all__ = ["ResidualBlock", "lenet", "mlp", "resnet", "vgg"]
