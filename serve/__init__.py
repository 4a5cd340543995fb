"""The online endpoint: an OpenAI-compatible Ray Serve application around sLAVA."""
