"""Measured figures, each beside a baseline of the same run. No test asserts a time; `make bench` prints them."""
