"""Who is told: the tracker protocol and its adapters. Nothing is decided from it."""
