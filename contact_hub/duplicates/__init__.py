"""Who may be the same person, in the store: searched for by contact_hub.linkage, decided by people or, where certain, by itself."""
