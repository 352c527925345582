"""Folds every stream into the statistics of the IOC and serves them."""
