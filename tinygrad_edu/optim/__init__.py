"""Optimizers and what belongs to them, under PyTorch's names: ``optim.Adam``, ``optim.lr_scheduler.StepLR``."""

from . import lr_scheduler
from .adam import Adam, AdamW, NAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .optimizer import Optimizer
from .sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "NAdam",
    "Optimizer",
    "RMSprop",
    "lr_scheduler",
]
