"""Schools, classes and pupils, copied from facts; names stay sealed until a message is made."""
