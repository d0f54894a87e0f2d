"""The ConnectWise stand-in, over real HTTPS, held against the known facts of the API."""
