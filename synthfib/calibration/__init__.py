"""What the fast simulators learn from Monte Carlo."""
