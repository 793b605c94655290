"""Server apps at the gateway: enrolment, declarations, work."""
