"""The paper's ablations: what losses, generated data and the sampling of few-shot examples are worth."""
