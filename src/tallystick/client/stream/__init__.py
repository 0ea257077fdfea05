"""Streams: a WebSocket that logs in, subscribes, opens itself anew, and says where messages may be missing.

`client.stream(channels.books(instId="BTC-USDT"))` gives one; `tallystick.client.channels` has the subscriptions.
"""
