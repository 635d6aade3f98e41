"""Pruners: one algorithm a file; each answers go on, pause or stop, with a reason in words."""
