"""Cases for every operation: drawn shapes and parameters, and a function ``f(lib, *tensors)``.

The function is written once and runs with this package and with PyTorch.
"""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st


def spread(draw, shape, low=-2.0, high=2.0):
    """Draw numbers that all differ by much more than a step of central differences, so that nothing ties."""
    size = int(np.prod(shape))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = low + (high - low) * (np.arange(size) + 0.37) / max(size, 1)
    return rng.permutation(values).reshape(shape)


def shapes(min_dims=0, max_dims=3, min_side=0, max_side=3):
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def unary(f, low=-2.0, high=2.0):
    def case(draw):
        return [spread(draw, draw(shapes()), low, high)], f

    return case


def binary(f, low=-2.0, high=2.0, low2=None):
    def case(draw):
        both = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)).input_shapes
        second = spread(draw, both[1], low if low2 is None else low2, high)
        # an offset, so that the two do not tie with each other
        return [spread(draw, both[0], low, high), second + 0.0123], f

    return case


def draw_dim(draw, ndim, several=True):
    if ndim == 0:
        return None
    axis = st.integers(-ndim, ndim - 1)
    if not several:
        return draw(axis)
    many = st.lists(st.integers(0, ndim - 1), min_size=1, max_size=ndim, unique=True).map(tuple)
    return draw(st.one_of(st.none(), axis, many))


def reduction(name, several=True, none=True):
    def case(draw):
        shape = draw(shapes(min_dims=0 if none else 1, min_side=1))
        dim = draw_dim(draw, len(shape), several)
        keep = draw(st.booleans())
        x = spread(draw, shape)
        if dim is None:
            return [x], lambda lib, x: getattr(lib, name)(x)
        return [x], lambda lib, x: getattr(lib, name)(x, dim=dim, keepdim=keep)

    return case


def variance(draw):
    shape = draw(shapes(min_dims=1, min_side=3))
    dim = draw_dim(draw, len(shape))
    correction = draw(st.sampled_from([0, 1]))
    return [spread(draw, shape)], lambda lib, x: lib.var(x, dim=dim, correction=correction)


def extreme(name):
    def case(draw):
        shape = draw(shapes(min_dims=1, min_side=1))
        dim, keep = draw_dim(draw, len(shape), several=False), draw(st.booleans())

        def f(lib, x):
            values, indices = getattr(lib, name)(x, dim=dim, keepdim=keep)
            # the indices are an answer too: weigh the values by them
            return values * (indices + 1)

        return [spread(draw, shape)], f

    return case


def logsumexp(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    dim = draw(st.sampled_from([*range(-len(shape), len(shape)), tuple(range(len(shape)))]))
    keep = draw(st.booleans())
    return [spread(draw, shape)], lambda lib, x: lib.logsumexp(x, dim=dim, keepdim=keep)


def along(name):
    def case(draw):
        shape = draw(shapes(min_dims=1, min_side=1))
        dim = draw_dim(draw, len(shape), several=False)
        return [spread(draw, shape)], lambda lib, x: getattr(lib, name)(x, dim=dim)

    return case


def matmul(draw):
    n, k, m = (draw(st.integers(0, 3)) for _ in range(3))
    left, right = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=2)).input_shapes
    a = draw(st.sampled_from([(k,), (n, k), (*left, n, k)]))
    b = draw(st.sampled_from([(k,), (k, m), (*right, k, m)]))
    return [spread(draw, a), spread(draw, b)], lambda lib, a, b: a @ b


def reshape(draw):
    shape = draw(shapes(min_side=1))
    size = int(np.prod(shape))
    new = draw(st.sampled_from([(size,), (-1, 1), (1, size), (1, -1, 1)]))
    return [spread(draw, shape)], lambda lib, x: x.reshape(new)


def permute(draw):
    shape = draw(shapes(min_dims=1))
    dims = tuple(draw(st.permutations(range(len(shape)))))
    dims = tuple(d - len(shape) if draw(st.booleans()) else d for d in dims)
    return [spread(draw, shape)], lambda lib, x: x.permute(*dims)


def transpose(draw):
    shape = draw(shapes(min_dims=2))
    i, j = draw_dim(draw, len(shape), False), draw_dim(draw, len(shape), False)
    return [spread(draw, shape)], lambda lib, x: x.transpose(i, j)


def expand(draw):
    both = draw(hnp.mutually_broadcastable_shapes(num_shapes=1, base_shape=draw(shapes(min_side=1))))
    target = np.broadcast_shapes(both.input_shapes[0], both.result_shape)
    return [spread(draw, both.input_shapes[0])], lambda lib, x: x.expand(target)


def squeeze(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=2))
    dim = draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    return [spread(draw, shape)], lambda lib, x: x.squeeze() if dim is None else x.squeeze(dim)


def unsqueeze(draw):
    shape = draw(shapes())
    dim = draw(st.integers(-len(shape) - 1, len(shape)))
    return [spread(draw, shape)], lambda lib, x: x.unsqueeze(dim)


def flatten(draw):
    shape = draw(shapes(min_dims=1, max_dims=4))
    start = draw(st.integers(0, len(shape) - 1))
    end = draw(st.integers(start, len(shape) - 1)) - draw(st.sampled_from([0, len(shape)]))
    return [spread(draw, shape)], lambda lib, x: x.flatten(start, end)


def basic_index(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    index = draw(hnp.basic_indices(shape, allow_newaxis=True).filter(no_backward_slice))
    return [spread(draw, shape)], lambda lib, x: x[index]


def no_backward_slice(index):
    # PyTorch has no negative steps
    parts = index if isinstance(index, tuple) else (index,)
    return all(not isinstance(p, slice) or p.step is None or p.step > 0 for p in parts)


def array_index(draw):
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rows = np.array(draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=5)))
    kind = draw(st.sampled_from(["rows", "pairs", "columns", "mask"]))

    def f(lib, x):
        at = lib.tensor(rows)
        if kind == "rows":
            return x[at]
        if kind == "pairs":
            return x[at, lib.tensor(rows % m)]
        if kind == "columns":
            return x[:, None, lib.tensor(rows % m)]
        return x[lib.tensor(rows % 2 == 0)[: x.shape[0]]] if len(rows) >= n else x[..., 0]

    return [spread(draw, (n, m))], f


def gather(draw):
    n, m, dim = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(-2, 1))
    rows = draw(st.integers(1, n)) if dim in (1, -1) else draw(st.integers(1, 4))
    columns = draw(st.integers(1, m)) if dim in (0, -2) else draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    indices = rng.integers(0, (n, m)[dim], (rows, columns))
    return (
        [spread(draw, (n, m))],
        lambda lib, x: lib.gather(x, dim, lib.tensor(indices)),
    )


def joined(name, differ):
    def case(draw):
        shape = list(draw(shapes(min_dims=1, min_side=1)))
        dim = draw(st.integers(-len(shape), len(shape) - 1))
        arrays = []
        for _ in range(draw(st.integers(1, 3))):
            if differ:
                shape[dim] = draw(st.integers(0, 3))
            arrays.append(spread(draw, tuple(shape)))
        return arrays, lambda lib, *xs: getattr(lib, name)(list(xs), dim=dim)

    return case


def pad(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    sides = draw(
        st.lists(st.integers(0, 2), min_size=2, max_size=2 * len(shape)).filter(lambda p: len(p) % 2 == 0)
    )

    def f(lib, x):
        return lib.pad(x, sides, 1.5) if hasattr(lib, "pad") else lib.nn.functional.pad(x, sides, value=1.5)

    return [spread(draw, shape)], f


def where(draw):
    three = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3)).input_shapes
    condition = np.random.default_rng(draw(st.integers(0, 99))).random(three[0]) > 0.5
    arrays = [spread(draw, three[1]), spread(draw, three[2])]
    return arrays, lambda lib, x, y: lib.where(lib.tensor(condition), x, y)


def clip(draw):
    low, high = draw(st.sampled_from([(-1.01, 1.01), (None, 0.51), (0.01, None)]))
    return [spread(draw, draw(shapes()))], lambda lib, x: lib.clip(x, low, high)


CASES = {
    "add": binary(lambda lib, x, y: x + y),
    "sub": binary(lambda lib, x, y: x - y),
    "mul": binary(lambda lib, x, y: x * y),
    "div": binary(lambda lib, x, y: x / y, low=0.5),
    "neg": unary(lambda lib, x: -x),
    "number_on_the_left": unary(lambda lib, x: 2 - 3 * x + 1 / x, low=0.5),
    "number_on_the_right": unary(lambda lib, x: (x * 2.5 + 1) / 4 - 0.5),
    "pow_2": unary(lambda lib, x: x**2),
    "pow_3": unary(lambda lib, x: x**3),
    "pow_minus_1": unary(lambda lib, x: x**-1, low=0.5),
    "pow_half": unary(lambda lib, x: x**0.5, low=0.5),
    "pow_0": unary(lambda lib, x: x**0),
    "pow_tensor": binary(lambda lib, x, y: x**y, low=0.5),
    "number_to_the_tensor": unary(lambda lib, x: 2.0**x),
    "exp": unary(lambda lib, x: lib.exp(x)),
    "log": unary(lambda lib, x: lib.log(x), low=0.5),
    "sqrt": unary(lambda lib, x: lib.sqrt(x), low=0.5),
    "abs": unary(lambda lib, x: lib.abs(x)),
    "sin": unary(lambda lib, x: lib.sin(x)),
    "cos": unary(lambda lib, x: lib.cos(x)),
    "tanh": unary(lambda lib, x: lib.tanh(x)),
    "sigmoid": unary(lambda lib, x: lib.sigmoid(x)),
    "sigmoid_far_out": unary(lambda lib, x: lib.sigmoid(x), low=-200, high=200),
    "relu": unary(lambda lib, x: lib.relu(x)),
    "maximum": binary(lambda lib, x, y: lib.maximum(x, y)),
    "minimum": binary(lambda lib, x, y: lib.minimum(x, y)),
    "where": where,
    "clip": clip,
    "sum": reduction("sum"),
    "mean": reduction("mean"),
    "var": variance,
    "amax": reduction("amax"),
    "amin": reduction("amin"),
    "max_dim": extreme("max"),
    "min_dim": extreme("min"),
    "max": unary(lambda lib, x: lib.max(x.reshape(-1) + 0) if x.shape and 0 not in x.shape else x * 1),
    "min": unary(lambda lib, x: lib.min(x.reshape(-1) + 0) if x.shape and 0 not in x.shape else x * 1),
    "logsumexp": logsumexp,
    "softmax": along("softmax"),
    "log_softmax": along("log_softmax"),
    "matmul": matmul,
    "reshape": reshape,
    "permute": permute,
    "transpose": transpose,
    "expand": expand,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "flatten": flatten,
    "basic_index": basic_index,
    "array_index": array_index,
    "gather": gather,
    "cat": joined("cat", differ=True),
    "stack": joined("stack", differ=False),
    "pad": pad,
    "cast": unary(lambda lib, x: x.to(lib.float64) * 1.5),
    "clone": unary(lambda lib, x: x.clone() * 1.5),
}
