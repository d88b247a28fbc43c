"""Tests of the run directory: its files through kills, forks, full disks and garbage."""
