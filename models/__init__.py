"""What is trained, on what, and what comes out."""
