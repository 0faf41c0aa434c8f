"""The embedded PostgreSQL server: one a home, shared by all processes of the project, stopped with the last of them."""
