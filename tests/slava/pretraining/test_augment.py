import torch

from slava.model.nano import MEAN, STD
from slava.pretraining.augment import augment, plain


def _pictures() -> torch.Tensor:
    ramp = torch.arange(384).repeat(288, 1) * 255 // 383
    return ramp.to(torch.uint8).repeat(4, 1, 1)


def _grey(pixels: torch.Tensor) -> torch.Tensor:
    return pixels[:, 0] * STD[0] + MEAN[0]


def test_plain_only_shrinks():
    grey = _grey(plain(_pictures()))
    assert grey.shape == (4, 224, 224)
    assert grey.min() >= 0
    assert grey.max() <= 1 + 1e-6
    assert (grey[:, :, 1:] >= grey[:, :, :-1] - 1e-2).all()


def test_same_seed_same_pictures():
    crops = torch.ones(4, dtype=torch.bool)
    first, second = (augment(_pictures(), crops, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape == (4, 3, 224, 224)


def test_without_crop_left_stays_left_unless_inverted():
    pixels = _grey(augment(_pictures(), torch.zeros(4, dtype=torch.bool), torch.Generator().manual_seed(1)))
    halves = pixels[:, :, :112].mean(dim=(1, 2)), pixels[:, :, 112:].mean(dim=(1, 2))
    assert (halves[0] < halves[1]).all()


def test_crops_show_less_of_the_ramp():
    crops = torch.ones(4, dtype=torch.bool)
    spans = []
    for seed in range(12):
        pixels = _grey(augment(_pictures(), crops, torch.Generator().manual_seed(seed)))
        columns = pixels.mean(dim=1)
        spans.append((columns.amax(1) - columns.amin(1)).mean())
    whole = _grey(plain(_pictures())).mean(dim=1)
    assert torch.stack(spans).mean() < (whole.amax() - whole.amin())
