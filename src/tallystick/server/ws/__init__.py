"""WebSocket: connections, logins, subscriptions and order operations."""
