"""Names of variables that the examined organization needs, and what they hold."""

KEY, SECRET, TOKEN = "DOCTOR_CLINIKO_KEY", "DOCTOR_SECRET", "DOCTOR_TOKEN"
A_SECRET = "0c70a-secret-value"
