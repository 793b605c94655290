"""What an admin decided about e-mail domains, and which placeholders were claimed."""

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, String, Table, Text

from portway_assistant.runs.tables import metadata
from portway_service.database import Instant

domain_decisions = Table(
    "domain_decisions",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("decision", String(12), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("server_key", Text, nullable=False),
    Column("site_key", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("former_account_id", Text, nullable=False),
    Column("joined", Boolean, nullable=False),  # with an account that was there
    Column("claimed_by", Text, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    PrimaryKeyConstraint("server_key", "site_key", "source_key"),
)
