"""Schools, school years, classes and pupils, copied from facts; names stay sealed until read."""
