"""Owns classes, who teaches what, and scores."""
