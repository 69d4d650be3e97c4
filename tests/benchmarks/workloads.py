"""The workloads of the speed table, written once for this package and for PyTorch, and in bare NumPy beside them.

``build(lib, ...)`` returns a function without arguments that does one timed step. The same text runs with
``lib = tinygrad_edu`` and ``lib = torch``, since both have the same names.
"""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import numpy as np


def namespace(name):
    """Return the library and its nn, F and optim."""
    lib = import_module(name)
    return SimpleNamespace(
        lib=lib,
        nn=import_module(f"{name}.nn"),
        F=import_module(f"{name}.nn.functional"),
        optim=import_module(f"{name}.optim"),
        tensor=lambda a, rg=False: lib.tensor(a, requires_grad=rg),
    )


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def labels(n, classes=10):
    return np.random.default_rng(1).integers(0, classes, n)


# -- chains


def small_chain(ns):
    x, a, b = (ns.tensor(data(10, seed=s), True) for s in range(3))

    def step():
        h = x
        for _ in range(333):
            h = h + a
            h = h * b
            h = h.tanh()
        (h + a).sum().backward()
        x.grad = a.grad = b.grad = None

    return step


def small_chain_numpy():
    x, a, b = (data(10, seed=s) for s in range(3))

    def step():
        h, kept = x, []
        for _ in range(333):
            before = h + a
            h = np.tanh(before * b)
            kept.append((before, h))
        g = np.ones(10, np.float32)
        ga, gb = g.copy(), np.zeros(10, np.float32)
        for before, out in reversed(kept):
            g = g - g * out * out
            gb += g * before
            g = g * b
            ga += g

    return step


def large_chain(ns):
    x, y, z = (ns.tensor(data(1_000_000, seed=s), True) for s in range(3))

    def step():
        ((x * y + z).tanh() * x).sum().backward()
        x.grad = y.grad = z.grad = None

    return step


def large_chain_numpy():
    x, y, z = (data(1_000_000, seed=s) for s in range(3))

    def step():
        t = np.tanh(x * y + z)
        (t * x).sum()
        g = x - x * t * t
        return g * y + t, g * x, g

    return step


# -- multilayer perceptrons


def mlp(batch):
    def build(ns):
        model = ns.nn.Sequential(
            ns.nn.Linear(784, 128), ns.nn.ReLU(), ns.nn.Linear(128, 64), ns.nn.ReLU(), ns.nn.Linear(64, 10)
        )
        return training_step(ns, model, ns.optim.Adam(model.parameters(), lr=1e-3), data(batch, 784), batch)

    return build


def training_step(ns, model, optimizer, inputs, batch):
    x, y = ns.tensor(inputs), ns.tensor(labels(batch))

    def step():
        optimizer.zero_grad()
        ns.F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def mlp_numpy(batch):
    def build():
        sizes = [784, 128, 64, 10]
        params = [
            p
            for i in range(3)
            for p in (data(sizes[i], sizes[i + 1]) * 0.05, np.zeros(sizes[i + 1], np.float32))
        ]
        moments = [(np.zeros_like(p), np.zeros_like(p)) for p in params]
        x, y, count = data(batch, 784), labels(batch), [0]

        def step():
            w1, b1, w2, b2, w3, b3 = params
            h1 = np.maximum(x @ w1 + b1, 0)
            h2 = np.maximum(h1 @ w2 + b2, 0)
            g = softmax_gradient(h2 @ w3 + b3, y)
            g2 = (g @ w3.T) * (h2 > 0)
            g1 = (g2 @ w2.T) * (h1 > 0)
            adam(params, [x.T @ g1, g1.sum(0), h1.T @ g2, g2.sum(0), h2.T @ g, g.sum(0)], moments, count)

        return step

    return build


def softmax_gradient(logits, y):
    e = np.exp(logits - logits.max(1, keepdims=True))
    e /= e.sum(1, keepdims=True)
    e[np.arange(len(y)), y] -= 1
    return e / np.float32(len(y))


def adam(params, grads, moments, count):
    count[0] += 1
    t = count[0]
    for p, g, (m, v) in zip(params, grads, moments, strict=True):
        m[...] = 0.9 * m + 0.1 * g
        v[...] = 0.999 * v + 0.001 * g * g
        p -= 1e-3 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def softmax_regression(ns):
    model = ns.nn.Linear(784, 10)
    return training_step(ns, model, ns.optim.SGD(model.parameters(), lr=0.1), data(64, 784), 64)


def softmax_regression_numpy():
    w, b, x, y = data(784, 10) * 0.05, np.zeros(10, np.float32), data(64, 784), labels(64)

    def step():
        nonlocal w, b
        g = softmax_gradient(x @ w + b, y)
        w = w - 0.1 * (x.T @ g)
        b = b - 0.1 * g.sum(0)

    return step


# -- convolutional networks


def lenet(ns):
    nn = ns.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    optimizer = ns.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training_step(ns, model, optimizer, data(64, 1, 28, 28), 64)


def three_blocks(ns):
    nn, layers, channels = ns.nn, [], 1
    for width in (32, 64, 128):
        layers += [
            nn.Conv2d(channels, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
        ]
        channels = width
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 9, 10))
    optimizer = ns.optim.Adam(model.parameters(), lr=1e-3)
    return training_step(ns, model, optimizer, data(64, 1, 28, 28), 64)


def conv(backward):
    def build(ns):
        x = ns.tensor(data(32, 64, 28, 28), backward)
        w = ns.tensor(data(64, 64, 3, 3) * 0.05, backward)
        g = ns.tensor(data(32, 64, 28, 28, seed=3))

        def step():
            out = ns.F.conv2d(x, w, padding=1)
            if backward:
                out.backward(g)
                x.grad = w.grad = None

        return step

    return build


def conv_numpy(backward):
    """Images unrolled into columns, one matrix product for the batch; gradients by its two transposes."""

    def build():
        x, w, g = data(32, 64, 28, 28), data(64, 64, 3, 3) * 0.05, data(32, 64, 28, 28, seed=3)
        flat = w.reshape(64, 576)

        def step():
            padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
            columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 576)
            out = columns @ flat.T
            if backward:
                rows = g.transpose(0, 2, 3, 1).reshape(-1, 64)
                gw = rows.T @ columns
                spread = (rows @ flat).reshape(32, 28, 28, 64, 3, 3)
                gx = np.zeros_like(padded)
                for i in range(3):
                    for j in range(3):
                        gx[:, :, i : i + 28, j : j + 28] += spread[..., i, j].transpose(0, 3, 1, 2)
                return gw, gx
            return out

        return step

    return build


# name: (what is said in the table, with a library, in bare NumPy or None)
WORKLOADS = {
    "small": (
        "chain of 1,000 add/mul/tanh on 10 elements, forward + backward",
        small_chain,
        small_chain_numpy,
    ),
    "large": ("((x*y+z).tanh()*x).sum(), 1e6 elements, forward + backward", large_chain, large_chain_numpy),
    "mlp1": ("MLP 784-128-64-10, Adam, batch 1", mlp(1), mlp_numpy(1)),
    "mlp64": ("the same, batch 64", mlp(64), mlp_numpy(64)),
    "mlp1024": ("the same, batch 1024", mlp(1024), mlp_numpy(1024)),
    "softmax": ("softmax regression 784-10, SGD, batch 64", softmax_regression, softmax_regression_numpy),
    "lenet": ("LeNet-5 style CNN on 28x28, SGD momentum, batch 64", lenet, None),
    "blocks": (
        "three blocks 32-64-128 of conv, batch norm, ReLU, pool, dropout, Adam, batch 64",
        three_blocks,
        None,
    ),
    "conv": ("conv 3x3, 64 to 64 channels, 28x28, N=32, forward", conv(False), conv_numpy(False)),
    "conv_back": ("the same, forward + backward", conv(True), conv_numpy(True)),
}
