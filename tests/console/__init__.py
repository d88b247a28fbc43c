"""Tests of the headless front end."""
