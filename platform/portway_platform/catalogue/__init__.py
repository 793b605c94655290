"""The apps a vendor published: versions, scopes, policies, migration path."""
