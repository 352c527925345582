"""Guardians: how to reach them, whose guardians they are, what they consent to and wish."""
