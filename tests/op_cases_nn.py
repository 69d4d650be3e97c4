"""Cases of the functions of ``nn.functional`` that take floats; see `op_cases`.

Each is drawn as ``[arrays], f`` and runs with this package and with PyTorch. A case named ``conv2d_same`` is one of
``conv2d``: the name of the function, or that and more after an underscore.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from op_cases import shapes, spread, unary
from op_cases_losses import CASES as LOSSES

few = st.integers(1, 3)


def of(name, *args, low=-2.0, high=2.0, **options):
    """A function of one tensor."""
    return unary(lambda lib, x: getattr(lib.nn.functional, name)(x, *args, **options), low, high)


def drawn_of(name, low=-3.0, high=3.0, **strategies):
    """A function of one tensor with drawn options."""

    def case(draw):
        options = {key: draw(strategy) for key, strategy in strategies.items()}
        return [spread(draw, draw(shapes()), low, high)], lambda lib, x: getattr(lib.nn.functional, name)(
            x, **options
        )

    return case


def along(name):
    def case(draw):
        shape = draw(shapes(min_dims=1, min_side=1))
        dim = draw(st.integers(-len(shape), len(shape) - 1))
        return [spread(draw, shape)], lambda lib, x: getattr(lib.nn.functional, name)(x, dim=dim)

    return case


# -- convolution


def conv(name, same=False):
    dims = 1 if name == "conv1d" else 2

    def case(draw):
        groups, kernel = draw(st.integers(1, 2)), [draw(few) for _ in range(dims)]
        channels, kernels = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
        dilation = tuple(draw(st.integers(1, 2)) for _ in kernel)
        stride = (1,) * dims if same else tuple(draw(st.integers(1, 2)) for _ in kernel)
        padding = "same" if same else tuple(draw(st.integers(0, 2)) for _ in kernel)
        size = [d * (k - 1) + 1 + draw(st.integers(0, 2)) for d, k in zip(dilation, kernel, strict=True)]
        x = spread(draw, (draw(few), channels, *size))
        w = spread(draw, (kernels, channels // groups, *kernel))
        arrays = [x, w] + ([spread(draw, (kernels,))] if draw(st.booleans()) else [])

        def f(lib, x, w, b=None):
            return getattr(lib.nn.functional, name)(x, w, b, stride, padding, dilation, groups)

        return arrays, f

    return case


def conv_transpose2d(draw):
    groups, kernel = draw(st.integers(1, 2)), (draw(few), draw(few))
    channels, kernels = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    stride, dilation = (draw(few), draw(few)), (draw(few), draw(few))
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    size = (draw(few), draw(few))
    reach = [
        (n - 1) * s + d * (k - 1) + 1 + e
        for n, s, d, k, e in zip(size, stride, dilation, kernel, extra, strict=True)
    ]
    padding = tuple(draw(st.integers(0, min(2, (r - 1) // 2))) for r in reach)
    x = spread(draw, (draw(few), channels, *size))
    w = spread(draw, (channels, kernels, *kernel))
    arrays = [x, w] + ([spread(draw, (kernels * groups,))] if draw(st.booleans()) else [])

    def f(lib, x, w, b=None):
        return lib.nn.functional.conv_transpose2d(x, w, b, stride, padding, extra, groups, dilation)

    return arrays, f


def linear(draw):
    n, m = draw(few), draw(few)
    arrays = [spread(draw, (*draw(shapes(max_dims=2)), n)), spread(draw, (m, n))]
    arrays += [spread(draw, (m,))] if draw(st.booleans()) else []
    return arrays, lambda lib, *xs: lib.nn.functional.linear(*xs)


# -- images


def images(draw, most=6):
    return spread(draw, (draw(few), draw(few), draw(st.integers(2, most)), draw(st.integers(2, most))))


def pool(name):
    def case(draw):
        x, kernel = images(draw), draw(st.integers(1, 2))
        stride = draw(st.one_of(st.none(), few))
        padding, ceil = draw(st.integers(0, kernel // 2)), draw(st.booleans())
        return [x], lambda lib, x: getattr(lib.nn.functional, name)(
            x, kernel, stride, padding, ceil_mode=ceil
        )

    return case


def adaptive_avg_pool2d(draw):
    side = st.integers(1, 7)
    size = draw(st.one_of(side, st.tuples(st.one_of(st.none(), side), side)))
    return [images(draw)], lambda lib, x: lib.nn.functional.adaptive_avg_pool2d(x, size)


def interpolate(mode):
    def case(draw):
        x = (
            images(draw)
            if mode != "linear"
            else spread(draw, (draw(few), draw(few), draw(st.integers(1, 6))))
        )
        if mode == "nearest" and draw(st.booleans()):
            x = x[..., 0]
        dims = x.ndim - 2
        options = {"mode": mode}
        if mode != "nearest":
            options["align_corners"] = draw(st.booleans())
        if draw(st.booleans()):
            sizes = st.integers(1, 9)
            options["size"] = draw(st.one_of(sizes, st.tuples(*[sizes] * dims)))
        else:
            factors = st.sampled_from([0.5, 0.75, 1.0, 1.3, 1.5, 2.0, 2.7, 3.0])
            options["scale_factor"] = draw(st.one_of(factors, st.tuples(*[factors] * dims)))
            # nothing may be left of length 0
            if min(x.shape[2:]) < 2:
                options["scale_factor"] = 2.0
            options["recompute_scale_factor"] = draw(st.sampled_from([None, True, False]))
        return [x], lambda lib, x: lib.nn.functional.interpolate(x, **options)

    return case


def windows(draw):
    pairs = st.tuples(st.integers(1, 2), st.integers(1, 2))
    how = {"kernel_size": draw(pairs), "dilation": draw(pairs), "stride": draw(pairs)}
    how["padding"] = (draw(st.integers(0, 1)), draw(st.integers(0, 1)))
    size = tuple(draw(st.integers(3, 5)) for _ in range(2))
    return how, size


def unfold(draw):
    how, size = windows(draw)
    return [spread(draw, (draw(few), draw(few), *size))], lambda lib, x: lib.nn.functional.unfold(x, **how)


def fold(draw):
    how, size = windows(draw)
    count = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(
            size, how["padding"], how["dilation"], how["kernel_size"], how["stride"], strict=True
        )
    ]
    columns = draw(few) * how["kernel_size"][0] * how["kernel_size"][1]
    x = spread(draw, (draw(few), columns, count[0] * count[1]))
    return [x], lambda lib, x: lib.nn.functional.fold(x, size, **how)


def pad(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    sides = draw(st.lists(st.integers(0, 2), min_size=2, max_size=2)) * draw(st.integers(1, len(shape)))
    value = draw(st.sampled_from([None, 1.5]))
    return [spread(draw, shape)], lambda lib, x: lib.nn.functional.pad(x, sides, "constant", value)


# -- normalisation


def scaled(draw, arrays, shape):
    """Maybe a weight, maybe a bias as well."""
    return arrays + [spread(draw, shape) for _ in range(draw(st.integers(0, 2)))]


def batch_norm(training):
    def case(draw):
        shape = (draw(st.integers(2, 3)), draw(few), *draw(shapes(max_dims=2, min_side=1)))
        c = shape[1]
        mean, var = spread(draw, (c,)), spread(draw, (c,), 0.5, 2.0)
        momentum = draw(st.sampled_from([0.1, 0.7]))

        def f(lib, x, w=None, b=None):
            # fresh each time, because training changes them
            running = [lib.tensor(v, dtype=x.dtype) for v in (mean, var)]
            return lib.nn.functional.batch_norm(x, *running, w, b, training, momentum, 0.1)

        return scaled(draw, [spread(draw, shape)], (c,)), f

    return case


def layer_norm(draw):
    last = draw(shapes(min_dims=1, max_dims=2, min_side=2))
    x = spread(draw, (*draw(shapes(max_dims=2, min_side=1)), *last))
    return scaled(draw, [x], last), lambda lib, x, w=None, b=None: lib.nn.functional.layer_norm(
        x, last, w, b, 0.1
    )


def group_norm(draw):
    groups = draw(st.integers(1, 2))
    shape = (draw(few), groups * draw(st.integers(2, 3)), *draw(shapes(max_dims=2, min_side=1)))
    arrays = scaled(draw, [spread(draw, shape)], shape[1:2])
    return arrays, lambda lib, x, w=None, b=None: lib.nn.functional.group_norm(x, groups, w, b, 0.1)


def local_response_norm(draw):
    shape = (draw(few), draw(st.integers(1, 5)), *draw(shapes(min_dims=1, max_dims=2, min_side=1)))
    size, alpha = draw(st.integers(1, 5)), draw(st.sampled_from([1e-4, 0.9]))
    beta, k = draw(st.sampled_from([0.75, 0.5])), draw(st.sampled_from([1.0, 2.0]))
    return [spread(draw, shape)], lambda lib, x: lib.nn.functional.local_response_norm(
        x, size, alpha, beta, k
    )


# -- rows of tables


def embedding(padded):
    def case(draw):
        return draw_embedding(draw, padded)

    return case


def draw_embedding(draw, padded):
    rows, width = draw(few), draw(few)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    places = rng.integers(0, rows, draw(shapes(max_dims=2, min_side=1)))
    padding = draw(st.integers(-rows, rows - 1)) if padded else None
    return [spread(draw, (rows, width))], lambda lib, w: lib.nn.functional.embedding(
        lib.tensor(places), w, padding
    )


def prelu(draw):
    shape = draw(shapes(min_dims=2, min_side=1))
    slopes = spread(draw, (draw(st.sampled_from([1, shape[1]])),), 0.1, 0.9)
    return [spread(draw, shape), slopes], lambda lib, x, w: lib.nn.functional.prelu(x, w)


def dropout_that_draws_nothing(name):
    def case(draw):
        p, training = draw(st.sampled_from([(0.0, True), (1.0, True), (0.4, False)]))
        shape = (draw(few), draw(few), *draw(shapes(min_dims=1, max_dims=2)))
        # what is random about it has tests of its own
        return [spread(draw, shape)], lambda lib, x: getattr(lib.nn.functional, name)(x, p, training)

    return case


CASES = {
    "relu": of("relu"),
    "relu6": of("relu6", low=-3, high=9),
    "leaky_relu": drawn_of("leaky_relu", negative_slope=st.sampled_from([0.01, 0.3, 1.7, -0.5])),
    "prelu": prelu,
    "elu": drawn_of("elu", alpha=st.sampled_from([1.0, 0.4])),
    "selu": of("selu"),
    "gelu": drawn_of("gelu", approximate=st.sampled_from(["none", "tanh"])),
    "silu": of("silu", low=-5, high=5),
    "mish": of("mish", low=-5, high=5),
    "softplus": drawn_of(
        "softplus", beta=st.sampled_from([1.0, 0.5, 3.0]), threshold=st.sampled_from([20.0, 2.0])
    ),
    "hardtanh": drawn_of(
        "hardtanh", min_val=st.sampled_from([-1.0, 0.1]), max_val=st.sampled_from([1.0, 2.2])
    ),
    "sigmoid": of("sigmoid"),
    "tanh": of("tanh"),
    "softmax": along("softmax"),
    "log_softmax": along("log_softmax"),
    "linear": linear,
    "conv1d": conv("conv1d"),
    "conv1d_same": conv("conv1d", same=True),
    "conv2d": conv("conv2d"),
    "conv2d_same": conv("conv2d", same=True),
    "conv_transpose2d": conv_transpose2d,
    "max_pool2d": pool("max_pool2d"),
    "avg_pool2d": pool("avg_pool2d"),
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "interpolate_nearest": interpolate("nearest"),
    "interpolate_linear": interpolate("linear"),
    "interpolate_bilinear": interpolate("bilinear"),
    "unfold": unfold,
    "fold": fold,
    "pad": pad,
    "batch_norm": batch_norm(training=True),
    "batch_norm_fixed": batch_norm(training=False),
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "local_response_norm": local_response_norm,
    "embedding": embedding(padded=False),
    "embedding_padded": embedding(padded=True),
    "dropout": dropout_that_draws_nothing("dropout"),
    "dropout2d": dropout_that_draws_nothing("dropout2d"),
} | LOSSES
