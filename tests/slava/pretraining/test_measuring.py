import numpy as np
import pytest
import torch
from PIL import Image

from slava import tasks
from slava.pretraining import measuring


def test_names():
    logprobs = torch.eye(10).log_softmax(-1)
    assert measuring.found_labels(logprobs) == list(tasks.NFFA_LABELS)


def test_real_micrographs_come_from_class_folders(tmp_path):
    for label in ("Fibres", "Particles"):
        (tmp_path / label).mkdir()
        noise = np.random.default_rng(0).integers(0, 255, (90, 120), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / label / "one.png")
    pictures, truth = measuring.real_micrographs(tmp_path)
    assert pictures.shape == (2, 288, 384)
    assert [tasks.NFFA_LABELS[int(index)] for index in truth] == ["Fibres", "Particles"]


def test_a_folder_of_another_name_is_refused(tmp_path):
    (tmp_path / "Dust").mkdir()
    with pytest.raises(ValueError, match="named as one of"):
        measuring.real_micrographs(tmp_path)
