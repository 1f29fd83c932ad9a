"""Execute a corpus recipe into a versioned, split, checksummed dataset, and load it again."""
