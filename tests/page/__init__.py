"""The sandbox's page, driven in a browser against a small server of these tests' own."""
