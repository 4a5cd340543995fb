"""FSDP2: each worker holds its share of the weights, gathered layer by layer."""

from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from slava.model import hardware


def shard(mixture: Any) -> nn.Module:
    """Share the mixture out, in place, over all workers.

    What is in 4 bits stays whole on each of them (3.5 GB of Llama-2-7B): sharded, bitsandbytes' weights
    lose the state that they are read with (bitsandbytes#1945, accelerate#3983).
    """
    mesh = init_device_mesh(hardware.device(), (torch.distributed.get_world_size(),))
    whole = {value for value in mixture.parameters() if not value.is_floating_point()}
    for layer in mixture.model.model.language_model.layers:
        fully_shard(layer, mesh=mesh, ignored_params=whole)
    sharded: nn.Module = fully_shard(mixture, mesh=mesh, ignored_params=whole)
    return sharded
