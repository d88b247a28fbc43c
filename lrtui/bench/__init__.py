"""This machine's figures: the engine against plain PyTorch loops, timed in turns in one process."""
