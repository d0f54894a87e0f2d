"""The adapter that dials ConnectWise, over real sockets."""
