"""Ten thousand random programs of up to thirty operations: gradients against central differences, in float64.

A program draws its operations and the earlier results that they take. One number comes out; its gradient by all
leaves is compared along a random direction, which meets every element of every leaf at once.
"""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg

PROGRAMS, CHUNK, STEP = 10_000, 1000, 1e-6

UNARY = {
    "tanh": lambda x: x.tanh(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "sigmoid": lambda x: x.sigmoid(),
    "exp": lambda x: x.tanh().exp(),
    "log": lambda x: (x * x + 1).log(),
    "sqrt": lambda x: (x * x + 0.5).sqrt(),
    "square": lambda x: x**2,
    "cube": lambda x: x.tanh() ** 3,
    "neg": lambda x: -x,
    "half": lambda x: 0.5 - x / 2,
    "abs": lambda x: x.abs(),
    "relu": lambda x: x.relu(),
    "clip": lambda x: x.clip(-0.9, 0.9),
    "erf": lambda x: x.erf(),
    "sum": lambda x: x.sum(),
    "mean_rows": lambda x: x.mean(-1, keepdim=True) if x.ndim else x,
    "var": lambda x: x.var(correction=0),
    "max_rows": lambda x: x.amax(0) if x.ndim else x,
    "softmax": lambda x: x.softmax(-1) if x.ndim else x,
    "logsumexp": lambda x: x.logsumexp(-1) if x.ndim else x,
    "transpose": lambda x: x.T,
    "flatten": lambda x: x.reshape(-1),
    "unsqueeze": lambda x: x.unsqueeze(0) if x.ndim < 2 else x,
    "first": lambda x: x[0] if x.ndim else x,
    "repeat": lambda x: x[np.array([0, 0])] if x.ndim else x,
    "flip": lambda x: x.flip((0,)) if x.ndim else x,
    "cumsum": lambda x: x.cumsum(-1).tanh() if x.ndim else x,
}
BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (y * y + 1),
    "pow": lambda x, y: (x * x + 0.5) ** y.tanh(),
    "maximum": tg.maximum,
    "minimum": tg.minimum,
    "where": lambda x, y: tg.where(x > y, x, y * 2),
    "atan2": lambda x, y: tg.atan2(x, y * y + 0.5),
}
SHAPES = [(), (3,), (2, 3), (2, 1), (1, 3), (3, 3)]


def draw(rng):
    """Return the leaves' arrays and a program: a list of (function, indices of earlier results)."""
    leaves = [rng.uniform(-1.5, 1.5, SHAPES[rng.integers(len(SHAPES))]) for _ in range(rng.integers(1, 4))]
    shapes, program = [a.shape for a in leaves], []
    for _ in range(rng.integers(1, 31)):
        i, j = rng.integers(len(shapes), size=2)
        kind = rng.integers(10)
        if kind < 5:
            name = list(BINARY)[rng.integers(len(BINARY))]
            step = (BINARY[name], (i, j))
            if not compatible(shapes[i], shapes[j]):
                step = (BINARY[name], (i, i))
        elif kind < 6 and len(shapes[i]) == 2 and len(shapes[j]) == 2 and shapes[i][1] == shapes[j][0]:
            step = (lambda x, y: x @ y, (i, j))
        elif kind < 7 and shapes[i] == shapes[j] and shapes[i]:
            step = (lambda x, y: tg.cat([x, y * 2], -1), (i, j))
        else:
            step = (UNARY[list(UNARY)[rng.integers(len(UNARY))]], (i,))
        made = step[0](*(tg.tensor(np.zeros(shapes[k])) for k in step[1]))
        # keep programs small, as they are meant to be
        if made.numel() <= 24 and made.ndim <= 3:
            shapes.append(made.shape)
            program.append(step)
    return leaves, program


def compatible(a, b):
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


def run(arrays, program, weights):
    """Return the leaves and the result: every intermediate result counts, so that none is dead."""
    leaves = [tg.tensor(a, requires_grad=True) for a in arrays]
    values = list(leaves)
    for f, indices in program:
        value = f(*(values[i] for i in indices))
        # what grew large is brought back, or differences would drown in rounding
        values.append(value.tanh() if value.numel() and np.abs(value.data).max() > 4 else value)
    total = sum((v * w).sum() for v, w in zip(values, weights, strict=False))
    return leaves, total


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("chunk", range(PROGRAMS // CHUNK))
def test_gradients_agree_with_central_differences(chunk):
    kinks = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        rng = np.random.default_rng(seed)
        arrays, program = draw(rng)
        weights = rng.standard_normal(40)
        directions = [rng.standard_normal(a.shape) for a in arrays]
        leaves, out = run(arrays, program, weights)
        out.backward()
        got = sum(
            float((x.grad.data * d).sum())
            for x, d in zip(leaves, directions, strict=True)
            if x.grad is not None
        )
        right, left = (
            run([a + s * STEP * d for a, d in zip(arrays, directions, strict=True)], program, weights)[
                1
            ].item()
            for s in (1, -1)
        )
        expected = (right - left) / (2 * STEP)
        if abs(got - expected) > 1e-5 + 1e-5 * abs(expected) + 1e-14 * abs(out.item()) / STEP:
            slopes = (right - out.item()) / STEP, (out.item() - left) / STEP
            # a kink within the step: the two one-sided slopes differ, and the rule gives one of them
            assert abs(slopes[0] - slopes[1]) > 1e-4 * (1 + abs(expected)), (
                f"program {seed}: {got}, but {expected}"
            )
            kinks += 1
    assert kinks <= CHUNK // 100
