"""The states that must be reached, by name, and where each is: in runs of the engine, in another test, or not built.

`Exchange.see` notes a state when events or balances show it; nothing here or in a test sets one.
"""

from __future__ import annotations

IN_RUNS = (
    "auto borrow happened inside an order",
    "a transfer borrows what it takes",
    "auto repay paid part of a debt",
    "auto repay paid a debt to exactly 0",
    "repay of more than the debt was asked for",
    "debt of 1 ulp existed at an hour boundary",
    "interest accrued between two orders of one one-click request",
    "one-click used the debt currency alone, without orders",
    "one-click used three currencies",
    "one-click ended failed after a partial fill",
    "ioc order did not fill at all",
    "second one-click refused while one was running",
    "LTV equal to marginCallLTV exactly",
    "LTV equal to liqLTV exactly",
    "partial liquidation restored a loan",
    "full liquidation with surplus",
    "full liquidation with bad debt",
    "two loans liquidated at the same price update",
    "liquidation while the same user's repay was queued",
    "price older than its limit",
    "price missing",
    "quota cut below use",
    "pool empty when a borrow was asked",
    "quote expired by 1 ms",
    "quote consumed by one of two concurrent trades",
    "clock jumped over 8 days",
)

IN_TESTS = {
    "history page with more rows at one ts than limit": (
        "tests/server/test_pages.py::test_more_rows_at_one_instant_than_a_page_holds"
    ),
    "row exactly at its retention edge": "tests/server/test_pages.py::test_a_row_at_the_edge_of_its_time",
    "group commit with more than one user": "tests/venue/test_venue.py::test_a_group_holds_commands_of_several_users",
    "crash between commit and answer": "tests/venue/test_kill.py::test_kill_9_at_random_instants",
    "crash inside a group commit": "tests/venue/test_kill.py::test_kill_9_at_random_instants",
    "recovery cut an incomplete last record": "tests/store/test_sqlite.py::test_a_failed_transaction_leaves_nothing",
    "disk full, then freed": "tests/server/test_halting.py::test_on_a_real_disk_the_next_start_goes_on",
    "sync error": "tests/server/test_halting.py::test_on_a_real_disk_the_next_start_goes_on",
    "rate limit hit and released": (
        "tests/server/test_rate_limits.py::"
        "test_the_declared_number_passes_and_the_next_is_refused_until_the_period_is_over"
    ),
    "key expired by idle time": "tests/server/test_idle_keys.py::test_a_key_rests_14_days_and_is_unknown",
}
"""States of the venue round the engine, and the test that is in them."""

NOT_BUILT = {
    "leader killed with commands in flight": "several servers",
    "leader paused past its lease": "several servers",
    "connection lost during COMMIT, committed": "PostgreSQL",
    "connection lost during COMMIT, not committed": "PostgreSQL",
}
"""States of what this version does not have."""
