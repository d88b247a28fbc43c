"""The screens: they read run directories and send commands, and never load torch.

Every pixel of a training is a function of a `RunView` (state.py), which is folded from the run directory alone.
"""
