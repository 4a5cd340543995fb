import pytest
import torch

from slava.model import calibration


def _overconfident(count: int = 4000, stretch: float = 3.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels drawn from known probabilities, and log-probabilities that are too sharp by `stretch`."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(count, 10, generator=generator)
    truth = torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)
    return (logits * stretch).log_softmax(-1), truth


def test_temperature_undoes_overconfidence():
    logprobs, truth = _overconfident()
    temperature = calibration.fit_temperature(logprobs, truth)
    assert temperature == pytest.approx(3.0, rel=0.1)
    calibrated = calibration.calibration_error(logprobs, truth, temperature)
    assert calibrated < 0.04 < calibration.calibration_error(logprobs, truth, 1.0)


def test_accuracy():
    assert calibration.accuracy(torch.eye(10).log_softmax(-1), torch.arange(10)) == 1.0
