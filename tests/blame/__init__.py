"""Captures with one injected cause each, and how often the engine names it: see README.md."""
