"""The linear layers of a Llama's decoder layer: what LoRA adapts, and what is quantized."""

LINEAR_LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
