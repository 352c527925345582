"""Owns units, schools, school years and who studies where."""
