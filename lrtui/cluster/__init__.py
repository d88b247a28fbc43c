"""Past one process: several that train one run together."""
