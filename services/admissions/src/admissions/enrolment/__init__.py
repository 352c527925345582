"""Who studies where: enrolment, transfer, withdrawal, erasure."""
