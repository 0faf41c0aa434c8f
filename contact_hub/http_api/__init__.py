"""What the clients of other people's APIs share: cautious sessions, strict reading, errors that print no URL and no payload."""
