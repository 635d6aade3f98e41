"""Adapters that propose configurations: they are asked and told, and own no loop."""
