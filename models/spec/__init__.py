"""What a user may write under `data`, `model` and `training`. Loads no framework."""
