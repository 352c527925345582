"""The classes of a school, the pupils who sit in them, and who teaches what."""
