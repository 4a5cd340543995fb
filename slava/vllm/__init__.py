"""sLAVA in vLLM: the out-of-tree model, and the engine's settings. Nothing else imports vLLM."""
