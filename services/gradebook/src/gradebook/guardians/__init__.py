"""Whose guardian somebody is, copied from notifications."""
