"""Whole models, ready to train."""

from .mlp import mlp

__all__ = ["mlp"]
