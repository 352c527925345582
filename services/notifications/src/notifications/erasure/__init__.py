"""Where the slices meet to forget: a person is in all of them.

This is the only room that calls the commands of others.
"""
