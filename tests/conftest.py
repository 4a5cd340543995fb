"""A sLAVA checkpoint so small that a test can load it: random weights, a vocabulary made on the spot."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from numpy.typing import NDArray
from xdist.scheduler import LoadScopeScheduling

from slava import tasks

# Enough of what is asked and answered that words are tokens; single bytes spell the rest.
CORPUS = [tasks.classify(tasks.NFFA_LABELS).text, tasks.caption().text, "user assistant Context: 5 kV"] * 3


class Whole(LoadScopeScheduling):
    """What a worker of pytest-xdist runs whole: a folder, whose tests share engines; of tests/jobs a file."""

    def _split_scope(self, nodeid: str) -> str:
        # Not by --dist loadgroup: its marks are not seen under pytest 9 (pytest-xdist 3.8 sets Item._nodeid).
        path = PurePath(nodeid.partition("::")[0])
        if path.parts[1] == "serve":
            return "serve"
        return str(path if path.parts[1] == "jobs" else path.parent)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Whole:
    """With `--numprocesses`."""
    return Whole(config, log)


def _tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from slava.model import nano

    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=360, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    words.train_from_iterator(CORPUS, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token=specials[1], eos_token=specials[2], pad_token=specials[0]
    )
    tokenizer.add_special_tokens({"additional_special_tokens": [nano.IMAGE_TOKEN]})
    return tokenizer


def _config(tokenizer):
    from slava.model import nano
    from slava.model.configuration import SlavaConfig

    text = {
        "model_type": "llama",
        "vocab_size": 384,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "tie_word_embeddings": True,
        # Ten times the usual, so that random weights have opinions.
        "initializer_range": 0.2,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {
        "model_type": "dinov2",
        "hidden_size": 24,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "image_size": 224,
        "patch_size": 14,
        "initializer_range": 0.2,
    }
    return SlavaConfig(
        text_config=text,
        vision_config=vision,
        image_token_index=tokenizer.convert_tokens_to_ids(nano.IMAGE_TOKEN),
        image_seq_length=16,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        merge_size=nano.MERGE_SIZE,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nano in small, in float32: random DINOv2 at 224 px, random Llama, nano's template and processor."""
    import torch

    from slava.model import nano
    from slava.model.modeling import SlavaForConditionalGeneration

    directory = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = _tokenizer()
    tokenizer.chat_template = nano.CHAT_TEMPLATE.read_text()
    torch.manual_seed(0)
    SlavaForConditionalGeneration(_config(tokenizer)).save_pretrained(directory)
    nano.processor(tokenizer).save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def float32() -> Iterator[None]:
    """Our code computes in float32, whatever is fast here, so that a test may ask for the last digits."""
    import torch

    from slava.model import hardware

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hardware, "dtype", lambda: torch.float32)
        yield


@pytest.fixture(scope="session")
def pictures() -> list[NDArray[np.uint8]]:
    """Three pictures [H, W, 3] of several shapes, smooth enough to differ after shrinking."""
    rng = np.random.default_rng(0)
    shapes = [(300, 400), (224, 224), (500, 210)]
    return [
        np.kron(rng.integers(0, 255, (height // 10, width // 10, 3)), np.ones((10, 10, 1))).astype(np.uint8)
        for height, width in shapes
    ]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty prefix in a bucket on a real S3 server."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="screened")
    yield "s3://screened/lot-42"
    bucket.objects.delete()  # moto's servers share what they store
    bucket.delete()
    server.stop()
