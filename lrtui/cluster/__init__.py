"""Packs of a sweep in other processes: one a core, or one a device."""
