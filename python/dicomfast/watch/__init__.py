"""Unattended: batches to partitioned files that rotate, with retention and counters (docs/watch.md)."""
