"""The teacher behind an OpenAI-compatible endpoint: requests, answers, and patience. It knows no Ray."""
