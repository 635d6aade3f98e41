"""Property tests of this room draw the same examples every time, and keep no files."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("fixed")
