"""Loaders, splits and preprocessing, on numpy and pandas. Loads no framework."""
