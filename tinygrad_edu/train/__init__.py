"""Training: the loop, the files it leaves behind, and the command."""

from .curve import Epoch, save_curve
from .files import load_weights, save_weights
from .loop import evaluate, train_epoch

__all__ = ["Epoch", "evaluate", "load_weights", "save_curve", "save_weights", "train_epoch"]
