"""Who may be the same person, in the store: found by contact_hub.linkage, decided by people or, where certain, by it."""
