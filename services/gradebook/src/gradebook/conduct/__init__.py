"""Rèn luyện: what the homeroom teacher decides and remarks about each pupil, term by term."""
