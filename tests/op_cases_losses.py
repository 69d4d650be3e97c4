"""Cases of the losses of ``nn.functional``; see `op_cases_nn`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from op_cases import shapes, spread

few = st.integers(1, 3)
REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


def distance(name, **strategies):
    def case(draw):
        shape = draw(shapes(min_side=1))
        options = {"reduction": draw(REDUCTIONS)} | {key: draw(s) for key, s in strategies.items()}
        # an offset, so that no two are equal
        arrays = [spread(draw, shape), spread(draw, shape) + 0.0123]
        return arrays, lambda lib, x, y: getattr(lib.nn.functional, name)(x, y, **options)

    return case


def kl_div(draw):
    shape = draw(shapes(min_dims=1, min_side=1))
    # "mean" warns, and has a test of its own
    reduction, log_target = draw(st.sampled_from(["batchmean", "sum", "none"])), draw(st.booleans())
    x, target = spread(draw, shape, -3, -0.1), spread(draw, shape, 0.1, 0.9)
    if log_target:
        target = np.log(target)
    return [x, target], lambda lib, x, y: lib.nn.functional.kl_div(
        x, y, reduction=reduction, log_target=log_target
    )


def binary(name, low, high):
    def case(draw):
        shape, reduction = draw(shapes(min_side=1)), draw(REDUCTIONS)
        options = {"reduction": reduction}
        weight = spread(draw, shape, 0.5, 2.0) if draw(st.booleans()) else None
        positive = draw(st.sampled_from([None, 0.3, 4.0])) if "logits" in name else None

        def f(lib, x, y):
            more = {} if weight is None else {"weight": lib.tensor(weight, dtype=x.dtype)}
            if positive is not None:
                more["pos_weight"] = lib.tensor(positive, dtype=x.dtype)
            return getattr(lib.nn.functional, name)(x, y, **options, **more)

        return [spread(draw, shape, low, high), spread(draw, shape, 0.1, 0.9)], f

    return case


def classes(name, most=3):
    """Losses of scores and class numbers."""

    def case(draw):
        n, c = draw(few), draw(st.integers(2, 4))
        places = draw(shapes(max_dims=most, min_side=1)) if most else ()
        single = not places and draw(st.booleans())
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        target = rng.integers(0, c, () if single else (n, *places))
        weight = spread(draw, (c,), 0.5, 2.0) if draw(st.booleans()) else None
        options = {"reduction": draw(REDUCTIONS)}
        if name != "multi_margin_loss" and (target != 0).any() and draw(st.booleans()):
            # something must count, or the mean is 0 / 0
            options["ignore_index"] = 0
        if name == "cross_entropy":
            options["label_smoothing"] = draw(st.sampled_from([0.0, 0.3]))
        if name == "multi_margin_loss":
            options |= {"p": draw(st.sampled_from([1, 2])), "margin": draw(st.sampled_from([0.97, 0.61]))}

        def f(lib, x):
            more = {} if weight is None else {"weight": lib.tensor(weight, dtype=x.dtype)}
            return getattr(lib.nn.functional, name)(x, lib.tensor(target), **options, **more)

        return [spread(draw, (c,) if single else (n, c, *places))], f

    return case


def cross_entropy_probabilities(draw):
    shape = draw(st.sampled_from([(3,), (2, 3), (2, 3, 2), (1, 3, 2, 2)]))
    q = spread(draw, shape, 0.1, 1.0)
    q /= q.sum(0 if len(shape) == 1 else 1, keepdims=True)
    weight = spread(draw, (3,), 0.5, 2.0) if draw(st.booleans()) else None
    options = {"reduction": draw(REDUCTIONS), "label_smoothing": draw(st.sampled_from([0.0, 0.3]))}

    def f(lib, x, q):
        more = {} if weight is None else {"weight": lib.tensor(weight, dtype=x.dtype)}
        return lib.nn.functional.cross_entropy(x, q, **options, **more)

    return [spread(draw, shape), q], f


def signs(draw, shape):
    return np.random.default_rng(draw(st.integers(0, 99))).choice([-1.0, 1.0], shape)


def hinge_embedding_loss(draw):
    shape, reduction, margin = draw(shapes(min_side=1)), draw(REDUCTIONS), draw(st.sampled_from([1.0, 0.6]))
    y = signs(draw, shape)
    return [spread(draw, shape)], lambda lib, x: lib.nn.functional.hinge_embedding_loss(
        x, lib.tensor(y, dtype=x.dtype), margin, reduction=reduction
    )


def margin_ranking_loss(draw):
    shape, reduction, margin = draw(shapes(min_side=1)), draw(REDUCTIONS), draw(st.sampled_from([0.0, 0.6]))
    y = signs(draw, shape)
    return (
        [spread(draw, shape), spread(draw, shape) + 0.0123],
        lambda lib, a, b: lib.nn.functional.margin_ranking_loss(
            a, b, lib.tensor(y, dtype=a.dtype), margin, reduction=reduction
        ),
    )


CASES = {
    "mse_loss": distance("mse_loss"),
    "l1_loss": distance("l1_loss"),
    "smooth_l1_loss": distance("smooth_l1_loss", beta=st.sampled_from([0.0, 0.5, 1.0])),
    "huber_loss": distance("huber_loss", delta=st.sampled_from([0.5, 1.0])),
    "kl_div": kl_div,
    "binary_cross_entropy": binary("binary_cross_entropy", 0.1, 0.9),
    "binary_cross_entropy_with_logits": binary("binary_cross_entropy_with_logits", -3, 3),
    "nll_loss": classes("nll_loss"),
    "cross_entropy": classes("cross_entropy"),
    "cross_entropy_probabilities": cross_entropy_probabilities,
    "multi_margin_loss": classes("multi_margin_loss", most=0),
    "hinge_embedding_loss": hinge_embedding_loss,
    "margin_ranking_loss": margin_ranking_loss,
}
