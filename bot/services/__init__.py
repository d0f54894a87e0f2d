"""The use cases: what a person, or time passing, sets in motion. They know the domain and the ports below only."""
