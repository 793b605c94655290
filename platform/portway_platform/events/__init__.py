"""What cloud apps are told: outbox, deliveries, attempts."""
