import pytest
import torch

from slava.mope.expert_set import ExpertSet
from slava.mope.manifest import ExpertError
from slava.screening.config import ScreenConfig
from slava.screening.routing import Router
from slava.screening.session import find_router
from tests.slava.mope.conftest import adapted, tiny_model  # noqa: F401 - fixtures
from tests.slava.mope.test_expert_set import BASE, written  # noqa: F401 - a fixture


@pytest.fixture
def experts(written):  # noqa: F811
    """The set; its gate looks at six features, of which two are of the question."""
    return ExpertSet.open(written[0], BASE, written[1])


def test_each_micrograph_gets_what_the_gate_says(experts):
    router = Router(experts, torch.tensor([0.5, -0.5]))
    pooled = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)) * 3
    gate = experts.gate()
    probabilities = gate(torch.cat([pooled, torch.tensor([0.5, -0.5]).expand(20, 2)], dim=1))
    weights = gate.service_weights(probabilities)
    routed = router(pooled)
    for (mixture, told), row, scores in zip(routed, weights.tolist(), probabilities.tolist(), strict=True):
        assert mixture == experts.mixture(row)
        assert mixture.directory.is_dir()
        assert told["expert"] == mixture.name
        assert [entry["expert"] for entry in told["gate"]] == [
            name for _, name in sorted(zip(scores, experts.names, strict=True), reverse=True)
        ]
    assert len({mixture.name for mixture, _ in routed}) > 2


def test_a_pinned_expert_answers_for_all(experts):
    routed = Router(experts, torch.zeros(2), "wires")(torch.randn(3, 4))
    assert {mixture.name for mixture, _ in routed} == {"wires"}
    assert all(len(told["gate"]) == 3 for _, told in routed)


def test_a_name_is_never_passed_over(tiny_checkpoint):
    config = ScreenConfig(input=["x"], output="y", model=str(tiny_checkpoint), expert="wires")
    with pytest.raises(ExpertError, match=r"--expert wires: .* has no experts"):
        find_router(config, tiny_checkpoint, None, None, None)
