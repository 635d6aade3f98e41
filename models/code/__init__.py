"""Models that the user's own code builds: the `hp` object, the discovery of its space, the training."""
