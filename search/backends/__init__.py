"""Where trials run: local worker processes, or a simulation on a manual clock."""
