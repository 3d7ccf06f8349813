"""The IAM API: its endpoint profile, the client, the pull of a whole organisation."""
