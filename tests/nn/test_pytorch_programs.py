"""Short PyTorch programs, as its tutorials write them, with nothing changed but the import."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_edu as torch
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it

try:
    import torch as pytorch
except ImportError:
    pytorch = None

LIBRARIES = [pytest.param(torch, id="ours")]
if pytorch is not None:
    LIBRARIES.append(pytest.param(pytorch, id="pytorch"))

# What a third-degree polynomial can do for the sine on [-π, π]: least squares, of 200 points.
X = np.linspace(-math.pi, math.pi, 200)
BEST = np.linalg.lstsq(np.stack([X**k for k in range(4)], 1), np.sin(X), rcond=None)[1].item()


@pytest.mark.parametrize("torch", LIBRARIES)
def test_a_sine_with_tensors(torch):
    dtype = torch.float
    device = torch.device("cpu")
    torch.manual_seed(0)

    x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
    y = torch.sin(x)

    a = torch.randn((), device=device, dtype=dtype)
    b = torch.randn((), device=device, dtype=dtype)
    c = torch.randn((), device=device, dtype=dtype)
    d = torch.randn((), device=device, dtype=dtype)

    learning_rate = 1e-5
    for _ in range(2000):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum().item()
        grad_y_pred = 2.0 * (y_pred - y)
        grad_a = grad_y_pred.sum()
        grad_b = (grad_y_pred * x).sum()
        grad_c = (grad_y_pred * x**2).sum()
        grad_d = (grad_y_pred * x**3).sum()
        a -= learning_rate * grad_a
        b -= learning_rate * grad_b
        c -= learning_rate * grad_c
        d -= learning_rate * grad_d

    assert f"y = {a.item()} + {b.item()} x + {c.item()} x^2 + {d.item()} x^3"
    assert loss < 1.5 * BEST


@pytest.mark.parametrize("torch", LIBRARIES)
def test_an_exponential_with_autograd(torch):
    dtype = torch.float
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 200, dtype=dtype)
    y = torch.exp(x)

    a = torch.randn((), dtype=dtype, requires_grad=True)
    b = torch.randn((), dtype=dtype, requires_grad=True)
    c = torch.randn((), dtype=dtype, requires_grad=True)
    d = torch.randn((), dtype=dtype, requires_grad=True)

    initial_loss = 1.0
    learning_rate = 1e-3
    for t in range(2000):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        if t == 0:
            initial_loss = loss.item()
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = None
            b.grad = None
            c.grad = None
            d.grad = None

    assert loss.item() / initial_loss < 1e-3
    assert (a.item(), b.item()) == (pytest.approx(1, abs=0.05), pytest.approx(1, abs=0.05))


@pytest.mark.parametrize("torch", LIBRARIES)
def test_a_custom_autograd_function(torch):
    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 0.5 * (5 * x**3 - 3 * x)

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * x**2 - 1)

    device = torch.device("cpu")
    x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=torch.float)
    y = torch.sin(x)
    a = torch.full((), 0.0, device=device, dtype=torch.float, requires_grad=True)
    b = torch.full((), -1.0, device=device, dtype=torch.float, requires_grad=True)
    c = torch.full((), 0.0, device=device, dtype=torch.float, requires_grad=True)
    d = torch.full((), 0.3, device=device, dtype=torch.float, requires_grad=True)

    learning_rate = 5e-5
    for _ in range(1000):
        P3 = LegendrePolynomial3.apply
        y_pred = a + b * P3(c + d * x)
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = b.grad = c.grad = d.grad = None

    # what PyTorch comes to from these starting values
    assert loss.item() == pytest.approx(1.5216, rel=1e-3)


def sine(torch):
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    p = torch.tensor([1, 2, 3])
    return x.unsqueeze(-1).pow(p), y


@pytest.mark.parametrize("torch", LIBRARIES)
def test_a_sine_with_nn(torch):
    torch.manual_seed(0)
    xx, y = sine(torch)
    assert xx.shape == (200, 3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
    loss_fn = torch.nn.MSELoss(reduction="sum")

    learning_rate = 1e-5
    for _ in range(2000):
        y_pred = model(xx)
        loss = loss_fn(y_pred, y)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for param in model.parameters():
                param -= learning_rate * param.grad

    linear_layer = model[0]
    weight = linear_layer.weight[:, 0].item()
    assert weight == pytest.approx(0.857, abs=0.1)
    assert loss.item() < 1.2 * BEST


@pytest.mark.parametrize("torch", LIBRARIES)
def test_a_sine_with_optim(torch):
    torch.manual_seed(0)
    xx, y = sine(torch)
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for _ in range(2000):
        y_pred = model(xx)
        loss = loss_fn(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1.2 * BEST


@pytest.mark.parametrize("torch", LIBRARIES)
def test_a_custom_module(torch):
    class Polynomial3(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Parameter(torch.randn(()))
            self.b = torch.nn.Parameter(torch.randn(()))
            self.c = torch.nn.Parameter(torch.randn(()))
            self.d = torch.nn.Parameter(torch.randn(()))

        def forward(self, x):
            return self.a + self.b * x + self.c * x**2 + self.d * x**3

        def string(self):
            return f"y = {self.a.item()} + {self.b.item()} x + {self.c.item()} x^2 + {self.d.item()} x^3"

    torch.manual_seed(0)
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    model = Polynomial3()
    criterion = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-5)
    for _ in range(2000):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.string().startswith("y = ")
    assert loss.item() < 1.5 * BEST


# An MNIST program: a network, its training loop and its test loop


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, 1)
        self.conv2 = nn.Conv2d(4, 8, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(288, 32)
        self.fc2 = nn.Linear(32, 4)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.dropout2(x)
        x = self.fc2(x)
        return F.log_softmax(x, dim=1)


def train(model, device, train_loader, optimizer, epoch, log):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % 10 == 0:
            log.append(
                f"Train Epoch: {epoch} [{batch_idx * len(data)}/{len(train_loader.dataset)} "
                f"({100.0 * batch_idx / len(train_loader):.0f}%)]\tLoss: {loss.item():.6f}"
            )


def evaluate(model, device, test_loader):
    model.eval()
    test_loss = 0
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    return test_loss / len(test_loader.dataset), correct / len(test_loader.dataset)


def quadrants(count, seed):
    """Noise of 16 x 16 with a bright square in one quadrant: 0, 1, 2 or 3."""
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 0.3, (count, 1, 16, 16)).astype(np.float32)
    labels = rng.integers(0, 4, count)
    for image, label in zip(images, labels, strict=True):
        row, column = 8 * (label // 2) + rng.integers(0, 5), 8 * (label % 2) + rng.integers(0, 5)
        image[0, row : row + 4, column : column + 4] += 1
    return TensorDataset(torch.tensor(images), torch.tensor(labels))


def test_an_mnist_program():
    torch.manual_seed(1)
    device = torch.device("cpu")
    train_loader = DataLoader(quadrants(256, 0), batch_size=32, shuffle=True)
    test_loader = DataLoader(quadrants(100, 1), batch_size=50)
    model = Net().to(device)
    optimizer = optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    log = []
    for epoch in range(1, 5):
        train(model, device, train_loader, optimizer, epoch, log)
        test_loss, accuracy = evaluate(model, device, test_loader)
        scheduler.step()
    assert log[0].startswith("Train Epoch: 1 [0/256 (0%)]\tLoss: 1.")
    assert accuracy > 0.9
    assert test_loss < 0.4
    # what was learnt goes with the state dict
    twin = Net()
    twin.load_state_dict(model.state_dict())
    assert evaluate(twin, device, test_loader) == (test_loss, accuracy)
