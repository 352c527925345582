"""Who studies where now, copied from the facts of admissions; names stay sealed until read."""
