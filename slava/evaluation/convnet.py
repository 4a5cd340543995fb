"""A small supervised network from scratch: what the same labels give without anything pretrained."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

SIDE = 96
WIDTHS = (16, 32, 64, 128)
EPOCHS = 20
BATCH = 32


def small_cnn(
    pictures: NDArray[np.uint8],
    truth: NDArray[np.int64],
    queries: NDArray[np.uint8],
    classes: int,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> NDArray[np.float64]:
    """[Q, L] probabilities after training on grey pictures [N, SIDE, SIDE], mirrored at random."""
    torch.manual_seed(seed)
    images, labels = _scaled(pictures), torch.from_numpy(truth)
    network = _network(classes)
    batches = -(-len(images) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * batches)
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).chunk(batches):
            loss = functional.cross_entropy(network(_mirrored(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return _judged(network.eval(), _scaled(queries))


def _network(classes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip((1, *WIDTHS), WIDTHS, strict=False):
        layers += [
            nn.Conv2d(before, after, 3, stride=2 if before == 1 else 1, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTHS[-1], classes))


def _scaled(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pictures).float()[:, None] / 127.5 - 1


def _mirrored(images: Tensor) -> Tensor:
    """A batch as it is, mirrored, upside down, or both."""
    axes = [axis for axis in (2, 3) if torch.rand(()) < 0.5]
    return images.flip(axes)


@torch.inference_mode()
def _judged(network: nn.Module, images: Tensor) -> NDArray[np.float64]:
    found = torch.cat([network(part).softmax(-1) for part in images.split(BATCH)])
    return found.double().numpy()
