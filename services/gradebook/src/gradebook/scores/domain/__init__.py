"""The rules of scores: which columns a subject has, how marks are written, what a save does."""
