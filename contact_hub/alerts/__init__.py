"""Telling people of failures: by JSON to a webhook, or by mail. Ids, names of assets and checks, and counts; nobody's data."""
