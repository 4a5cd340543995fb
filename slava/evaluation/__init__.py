"""How good a model's answers are: metrics, few-shot and baselines, and the report that compares them."""
