"""What was deleted because its source has it no longer, kept until the trash is emptied."""
