"""The verdict, against a ConnectWise site that misbehaves on demand."""
