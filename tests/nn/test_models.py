"""The models as wholes: against PyTorch with the same weights, and one step of training."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import models, nn, optim
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it

MODELS = {
    "mlp": (lambda: models.mlp(16, 3, hidden=[5]), (6, 1, 4, 4)),
    "lenet": (lambda: models.lenet(3), (6, 1, 28, 28)),
    "lenet_relu": (lambda: models.lenet(3, channels=2, activation="relu"), (6, 2, 28, 28)),
    "vgg": (lambda: models.vgg(3, blocks=[4, 6], dropout=0.0), (6, 3, 9, 8)),
    "resnet": (lambda: models.resnet(3, widths=[4, 6], depth=2), (6, 3, 8, 8)),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_step_against_the_gradient_makes_the_loss_smaller(name):
    tg.manual_seed(0)
    make, shape = MODELS[name]
    model, x, target = make(), tg.randn(*shape), tg.tensor([0, 1, 2] * 2)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), target)
        loss.backward()
        losses.append(loss.item())
        assert all(np.abs(p.grad.data).max() > 0 for p in model.parameters())
        optimizer.step()
    assert losses[1] < losses[0]
    with pytest.raises(ValueError, match="'tanh' or 'relu', not 'gelu'"):
        models.lenet(activation="gelu")


def peer(torch, layer):
    """The same layer of PyTorch, written from how ours prints."""
    kind = getattr(torch.nn, type(layer).__name__, None)
    if isinstance(layer, nn.Sequential):
        return torch.nn.Sequential(*(peer(torch, part) for part in layer))
    if kind is None:

        class Block(torch.nn.Module):
            def __init__(self):
                super().__init__()
                for part, module in layer.named_children():
                    self.add_module(part, peer(torch, module))

            def forward(self, x):
                out = torch.relu(self.bn1(self.conv1(x)))
                return torch.relu(self.bn2(self.conv2(out)) + self.downsample(x))

        return Block()
    return eval(f"torch.nn.{layer!r}", {"torch": torch})


@pytest.mark.parametrize("name", MODELS)
def test_models_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    tg.manual_seed(0)
    make, shape = MODELS[name]
    ours = make().double()
    theirs = peer(torch, ours).double()
    state = {key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()}
    theirs.load_state_dict(state)
    x = np.random.default_rng(0).standard_normal(shape)
    out, expected = ours(tg.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-9, atol=1e-10)
    g = np.random.default_rng(1).standard_normal(expected.shape)
    out.backward(tg.tensor(g))
    expected.backward(torch.tensor(g))
    for (key, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-7, atol=1e-9, err_msg=key)
