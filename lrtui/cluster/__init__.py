"""Past one process: several that train one run together, or the packs of a sweep side by side."""
