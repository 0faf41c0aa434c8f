"""The Cliniko client against small servers over real HTTP, scripted to answer well and badly."""
