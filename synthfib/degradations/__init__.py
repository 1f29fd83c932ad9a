"""Turn expected yield into recorded grey values, one physical nuisance per module."""
