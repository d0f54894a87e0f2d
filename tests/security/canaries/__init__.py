"""Canaries: unique secrets go in wherever the product takes one, and everything it gives off is searched for them."""
