"""Measurements: `make bench`. Each compares with something else in the same run, and none is a test."""
