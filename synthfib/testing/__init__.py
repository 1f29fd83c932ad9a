"""Public contract suites that every implementation, ours and third parties', can run."""
