"""One contact per person, for every clinic, in every channel."""
