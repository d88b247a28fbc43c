"""The bench sets up the process as a worker does; the next test must not notice."""

import pytest
import torch


@pytest.fixture(autouse=True)
def torch_settings_kept():
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
