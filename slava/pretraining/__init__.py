"""How nano's own parts are trained, on drawn micrographs only (jobs/pretrain.py)."""
