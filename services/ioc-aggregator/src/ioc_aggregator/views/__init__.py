"""What is answered over HTTP: numbers of a unit, histograms, names, freshness, the dump."""
