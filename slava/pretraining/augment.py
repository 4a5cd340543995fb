"""Strong augmentation: what a drawing has in common with a real micrograph survives it.

Everything here is blind to the class, so that no noise level, contrast or sharpness becomes a hint of one.
"""

import torch
from torch import Tensor
from torch.nn import functional

from slava.model.nano import MEAN, STD
from slava.model.pretrained import IMAGE_SIZE


def augment(pictures_BHW: Tensor, crop_B: Tensor, generator: torch.Generator) -> Tensor:
    """uint8 [B, H, W] -> normalized float [B, 3, S, S]; only pictures with `crop_B` change their frame."""
    pixels = _reframed(pictures_BHW.float().unsqueeze(1) / 255, crop_B, generator)
    pixels = _softened(pixels, generator)
    pixels = _toned(pixels, generator)
    pixels = pixels + _each(pixels, 0.0, 0.08, generator) * _normal(pixels, generator)
    return normalize(pixels.clamp(0, 1))


def plain(pictures_BHW: Tensor) -> Tensor:
    """uint8 [B, H, W] -> normalized float [B, 3, S, S], unchanged but for the size."""
    pixels = pictures_BHW.float().unsqueeze(1) / 255
    size = (IMAGE_SIZE, IMAGE_SIZE)
    return normalize(functional.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 1))


def normalize(grey_B1SS: Tensor) -> Tensor:
    """Grey 0..1 to the tower's normalized RGB."""
    mean = torch.tensor(MEAN, device=grey_B1SS.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=grey_B1SS.device).view(1, 3, 1, 1)
    return (grey_B1SS - mean) / std


def _reframed(pixels: Tensor, crop_B: Tensor, generator: torch.Generator) -> Tensor:
    """A random window, mirrored and turned by quarters where `crop_B` allows; all of it otherwise."""
    count, device = len(pixels), pixels.device
    crop = crop_B.float().to(device)
    uniform = torch.rand(6, count, generator=generator, device=device)
    scale = 1 - crop * 0.55 * uniform[0] ** 1.5
    aspect = torch.exp(crop * (uniform[1] - 0.5) * 0.6)
    half_w, half_h = (scale * aspect).clamp(max=1), (scale / aspect).clamp(max=1)
    shift_x, shift_y = (1 - half_w) * (uniform[2] * 2 - 1), (1 - half_h) * (uniform[3] * 2 - 1)
    mirror = torch.where((uniform[4] < 0.5) & crop.bool(), -1.0, 1.0)
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 0, 2] = half_w * mirror, shift_x
    theta[:, 1, 1], theta[:, 1, 2] = half_h, shift_y
    turned = (uniform[5] < 0.25) & crop.bool()
    theta[turned] = theta[turned][:, :, [1, 0, 2]]
    grid = functional.affine_grid(theta, [count, 1, IMAGE_SIZE * 2, IMAGE_SIZE * 2], align_corners=False)
    large = functional.grid_sample(
        pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return functional.avg_pool2d(large, 2)


def _softened(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """A quarter of the pictures lose detail, as at a high magnification or a bad focus."""
    small = functional.avg_pool2d(pixels, 2)
    soft = functional.interpolate(small, pixels.shape[-2:], mode="bilinear", align_corners=False)
    share = _each(pixels, 0.0, 1.0, generator) * (_each(pixels, 0.0, 1.0, generator) < 0.25)
    return pixels + share * (soft - pixels)


def _toned(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Contrast, brightness, gamma, and now and then the inverse."""
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels = (
        (pixels - mean) * _each(pixels, 0.5, 1.5, generator) + mean + _each(pixels, -0.18, 0.18, generator)
    )
    pixels = pixels.clamp(1e-3, 1) ** torch.exp(_each(pixels, -0.6, 0.6, generator))
    inverse = (_each(pixels, 0.0, 1.0, generator) < 0.04).float()
    return pixels * (1 - inverse) + (1 - pixels) * inverse


def _each(pixels: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """One random number a picture, [B, 1, 1, 1]."""
    shape = (len(pixels), 1, 1, 1)
    return torch.rand(shape, generator=generator, device=pixels.device) * (high - low) + low


def _normal(pixels: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(pixels.shape, generator=generator, device=pixels.device)
