"""Measurements of speed, with the commands that make them."""
