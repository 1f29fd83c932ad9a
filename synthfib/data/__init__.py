"""The value types that carry the whole pipeline, and their files."""
