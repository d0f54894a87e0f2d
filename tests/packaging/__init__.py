"""What others get: a wheel and a source distribution, installed and used elsewhere."""
