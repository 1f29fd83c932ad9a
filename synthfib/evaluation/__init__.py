"""Pure metrics over arrays and data types; knows neither corpora nor models."""
