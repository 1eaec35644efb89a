"""Pure rules: values and one reference time in, values and events out. No I/O, no clock, no randomness."""
