"""Tables, figures and pages from results; no computation of its own."""
