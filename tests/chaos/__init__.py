"""Chaos: replicas, lost wires, killed processes; and an independent checker of what came of it."""
