"""What Jira sites hold for migrating apps: fields, properties, workflow rules."""
