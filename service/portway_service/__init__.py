"""What every Portway service stands on: errors, endpoints, database, clock, ids, server."""
