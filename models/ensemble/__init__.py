"""Ensembles as arithmetic on stored predictions: selection, weights, judgement. Loads no framework."""
