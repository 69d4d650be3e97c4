"""A convolutional network written as PyTorch users write it, trained on the digits."""

from __future__ import annotations

import pytest

import tinygrad_edu as torch
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, digits
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3)
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(16 * 3 * 3, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = x.view(-1, 16 * 3 * 3)
        return F.log_softmax(self.fc(self.dropout(x)), dim=1)


def test_a_small_network_learns_the_digits():
    pytest.importorskip("sklearn")
    torch.manual_seed(1)
    device = "cpu"
    model = Net().to(device)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.train()
    for _ in range(2):
        for data, target in DataLoader(digits(), batch_size=32, shuffle=True):
            data, target = data.to(device), target.to(device)
            optimizer.zero_grad()
            loss = F.nll_loss(model(data), target)
            loss.backward()
            optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in DataLoader(digits(train=False), batch_size=100):
            pred = model(data).argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view(-1, 1)).sum().item()
    assert correct / 360 > 0.9
