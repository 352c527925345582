"""An examination's results: read from a file, spread over schools, saved, and read back exactly."""
