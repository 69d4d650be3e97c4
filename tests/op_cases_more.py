"""Cases of the operations beyond the first ones; see `op_cases`."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st
from op_cases import along, binary, draw_dim, shapes, spread, unary


def remainder(draw):
    both = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)).input_shapes
    # x over y is never near a whole number: x = (k + 0.5) y for every y in use would be too special, so y is fixed
    sign = draw(st.sampled_from([1.0, -1.0]))
    y = np.full(both[1], 0.7 * sign)
    x = np.random.default_rng(draw(st.integers(0, 99))).choice([-1.5, -0.5, 0.4, 1.1, 2.0], both[0])
    return [x, y], lambda lib, x, y: lib.remainder(x, y)


def norm(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    dim = draw_dim(draw, len(shape))
    p = draw(st.sampled_from([1, 2, 3, 2.5, float("inf")])) if not isinstance(dim, tuple) else 2
    keep = draw(st.booleans())
    # away from 0, where the derivative of |x|^p changes its mind
    x = spread(draw, shape, 0.3, 2.0) * np.where(np.indices(shape).sum(0) % 2, 1, -1)
    if dim is None:
        return [x], lambda lib, x: lib.norm(x, p)
    return [x], lambda lib, x: lib.norm(x, p, dim, keep)


def std(draw):
    shape = draw(shapes(min_dims=1, min_side=3))
    dim = draw_dim(draw, len(shape))
    correction = draw(st.sampled_from([0, 1]))
    return [spread(draw, shape)], lambda lib, x: lib.std(x, dim=dim, correction=correction)


def with_zeros(draw, shape):
    x = spread(draw, shape)
    if x.size and draw(st.booleans()):
        x.flat[draw(st.integers(0, x.size - 1))] = 0.0
    return x


def prod(draw):
    shape = draw(shapes(max_dims=2, min_side=1))
    dim = draw_dim(draw, len(shape), several=False) if draw(st.booleans()) else None
    x, keep = with_zeros(draw, shape), draw(st.booleans())
    if dim is None:
        return [x], lambda lib, x: lib.prod(x)
    return [x], lambda lib, x: lib.prod(x, dim=dim, keepdim=keep)


def cumprod(draw):
    shape = draw(shapes(min_dims=1, max_dims=2, min_side=1))
    dim = draw_dim(draw, len(shape), several=False)
    return [with_zeros(draw, shape)], lambda lib, x: lib.cumprod(x, dim=dim)


def sort(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    dim, down = draw_dim(draw, len(shape), several=False), draw(st.booleans())

    def f(lib, x):
        values, indices = lib.sort(x, dim=dim, descending=down)
        return values * (indices + 1)

    return [spread(draw, shape)], f


def topk(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    dim, largest = draw_dim(draw, len(shape), several=False), draw(st.booleans())
    k = draw(st.integers(1, shape[dim]))

    def f(lib, x):
        values, indices = lib.topk(x, k, dim=dim, largest=largest)
        return values * (indices + 1)

    return [spread(draw, shape)], f


EQUATIONS = {
    "ij,jk->ik": ((2, 3), (3, 4)),
    "ij,jk": ((2, 3), (3, 4)),
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 2)),
    "bij,bkj->bik": ((2, 3, 4), (2, 2, 4)),
    "ij->ji": ((2, 3),),
    "ij->": ((2, 3),),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "ij,ij->": ((2, 3), (2, 3)),
    "i,j->ij": ((2,), (3,)),
    "ij,j,i->": ((2, 3), (3,), (2,)),
    "...ij,...jk->...ik": ((2, 2, 3), (3, 2)),
    "b...,b...->b": ((2, 3, 2), (2, 3, 2)),
    "nchw,ochw->no": ((2, 2, 2, 2), (3, 2, 2, 2)),
    "ijk,k->ji": ((2, 3, 2), (2,)),
}


def einsum(draw):
    equation = draw(st.sampled_from(sorted(EQUATIONS)))
    arrays = [spread(draw, shape) for shape in EQUATIONS[equation]]
    return arrays, lambda lib, *xs: lib.einsum(equation, *xs)


def vectors(name, equal):
    def case(draw):
        n = draw(st.integers(1, 4))
        m = n if equal else draw(st.integers(1, 4))
        return [spread(draw, (n,)), spread(draw, (m,))], lambda lib, x, y: getattr(lib, name)(x, y)

    return case


def triangle(name):
    def case(draw):
        shape = draw(shapes(min_dims=2))
        k = draw(st.integers(-2, 2))
        return [spread(draw, shape)], lambda lib, x: getattr(lib, name)(x, k)

    return case


def diag(draw):
    shape = draw(shapes(min_dims=1, max_dims=2, min_side=1))
    k = draw(st.integers(-1, 1))
    return [spread(draw, shape)], lambda lib, x: lib.diag(x, k)


def scatter_add(draw):
    n, m, dim = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(-2, 1))
    rows = draw(st.integers(1, n)) if dim in (1, -1) else draw(st.integers(1, 4))
    columns = draw(st.integers(1, m)) if dim in (0, -2) else draw(st.integers(1, 4))
    index = np.random.default_rng(draw(st.integers(0, 999))).integers(0, (n, m)[dim], (rows, columns))
    arrays = [spread(draw, (n, m)), spread(draw, (rows, columns))]
    return arrays, lambda lib, x, source: lib.scatter_add(x, dim, lib.tensor(index), source)


def index_select(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    dim = draw_dim(draw, len(shape), several=False)
    at = np.array(draw(st.lists(st.integers(0, shape[dim] - 1), min_size=1, max_size=4)))
    return [spread(draw, shape)], lambda lib, x: lib.index_select(x, dim, lib.tensor(at))


def masked_fill(draw):
    shape = draw(shapes())
    mask = np.random.default_rng(draw(st.integers(0, 99))).random(shape) > 0.5
    return [spread(draw, shape)], lambda lib, x: lib.masked_fill(x, lib.tensor(mask), 1.5)


def repeat_interleave(draw):
    shape, times = draw(shapes(min_dims=1, min_side=1)), draw(st.integers(1, 3))
    dim = draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    return [spread(draw, shape)], lambda lib, x: lib.repeat_interleave(x, times, dim=dim)


def tile(draw):
    shape = draw(shapes(min_side=1))
    dims = tuple(draw(st.lists(st.integers(1, 2), min_size=1, max_size=3)))
    return [spread(draw, shape)], lambda lib, x: lib.tile(x, dims)


def flip(draw):
    shape = draw(shapes(min_dims=1))
    dims = tuple(draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True)))
    return [spread(draw, shape)], lambda lib, x: lib.flip(x, dims)


def roll(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    if draw(st.booleans()):
        shift = draw(st.integers(-3, 3))
        return [spread(draw, shape)], lambda lib, x: lib.roll(x, shift)
    dims = tuple(draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True)))
    shifts = tuple(draw(st.integers(-3, 3)) for _ in dims)
    return [spread(draw, shape)], lambda lib, x: lib.roll(x, shifts, dims)


def moveaxis(draw):
    shape = draw(shapes(min_dims=2))
    pairs = st.permutations(range(len(shape)))
    k = draw(st.integers(1, len(shape)))
    source, target = tuple(draw(pairs)[:k]), tuple(draw(pairs)[:k])
    return [spread(draw, shape)], lambda lib, x: lib.moveaxis(x, source, target)


def parts(name):
    def case(draw):
        shape = draw(shapes(min_dims=1, min_side=1))
        dim = draw_dim(draw, len(shape), several=False)
        if name == "unbind":
            return [spread(draw, shape)], lambda lib, x: lib.stack(
                [p * (i + 1) for i, p in enumerate(x.unbind(dim))]
            )
        size = draw(st.integers(1, 3))
        argument = size
        if name == "split" and draw(st.booleans()):
            argument = [shape[dim] // 2, shape[dim] - shape[dim] // 2]

        def f(lib, x):
            pieces = getattr(lib, name)(x, argument, dim)
            return lib.cat([p * (i + 1) for i, p in enumerate(pieces)], dim=dim)

        return [spread(draw, shape)], f

    return case


CASES = {
    "square": unary(lambda lib, x: lib.square(x)),
    "reciprocal": unary(lambda lib, x: lib.reciprocal(x), low=0.5),
    "rsqrt": unary(lambda lib, x: lib.rsqrt(x), low=0.5),
    "log1p": unary(lambda lib, x: lib.log1p(x), low=-0.5),
    "expm1": unary(lambda lib, x: lib.expm1(x)),
    "log2": unary(lambda lib, x: lib.log2(x), low=0.5),
    "softplus": unary(
        lambda lib, x: (lib if hasattr(lib, "softplus") else lib.nn.functional).softplus(x), -6, 6
    ),
    "sinh": unary(lambda lib, x: lib.sinh(x)),
    "cosh": unary(lambda lib, x: lib.cosh(x)),
    "arcsin": unary(lambda lib, x: lib.arcsin(x), -0.9, 0.9),
    "arccos": unary(lambda lib, x: lib.arccos(x), -0.9, 0.9),
    "arctan": unary(lambda lib, x: lib.arctan(x)),
    "atan2": binary(lambda lib, y, x: lib.atan2(y, x), low=0.3),
    "erf": unary(lambda lib, x: lib.erf(x), -5, 5),
    "sign": unary(lambda lib, x: lib.sign(x) * x),
    "floor": unary(lambda lib, x: lib.floor(x * 3.03) + x),
    "ceil": unary(lambda lib, x: lib.ceil(x * 3.03) + x),
    "round": unary(lambda lib, x: lib.round(x * 3.03) + x),
    "trunc": unary(lambda lib, x: lib.trunc(x * 3.03) + x),
    "remainder": remainder,
    "norm": norm,
    "std": std,
    "prod": prod,
    "cumsum": along("cumsum"),
    "cumprod": cumprod,
    "sort": sort,
    "topk": topk,
    "einsum": einsum,
    "dot": vectors("dot", equal=True),
    "outer": vectors("outer", equal=False),
    "tril": triangle("tril"),
    "triu": triangle("triu"),
    "diag": diag,
    "scatter_add": scatter_add,
    "index_select": index_select,
    "masked_fill": masked_fill,
    "repeat_interleave": repeat_interleave,
    "tile": tile,
    "flip": flip,
    "roll": roll,
    "moveaxis": moveaxis,
    "split": parts("split"),
    "chunk": parts("chunk"),
    "unbind": parts("unbind"),
}
