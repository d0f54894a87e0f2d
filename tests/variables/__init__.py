"""The lists as the services remember them."""
