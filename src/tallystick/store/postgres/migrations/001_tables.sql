-- Tables of a venue, beside them one for each of them that holds the snapshots which users saved.
--
-- Text is compared byte by byte (COLLATE "C"), so that rows have the order they have in every other store.
-- Whatever holds money is bytes that were made by the venue, and never a number of the database.

CREATE TABLE version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    migration integer NOT NULL,
    format integer NOT NULL
);

-- Who may write. A write takes this row FOR SHARE and requires its term, so that a takeover, which raises the term,
-- waits for the writes under way, and every later write of the earlier leader fails.
-- `until` is a time of the database's clock; '-infinity' while nobody leads.
CREATE TABLE lease (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    term bigint NOT NULL,
    leader text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    until timestamptz NOT NULL
);
INSERT INTO lease (term, leader, address, until) VALUES (0, '', '', '-infinity');

-- `term` is that of the leader who wrote the entry; no hash covers it.
CREATE TABLE journal (
    seq bigint PRIMARY KEY,
    at_ms bigint NOT NULL,
    term bigint NOT NULL,
    command bytea NOT NULL,
    events bytea NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE history (
    name text COLLATE "C" NOT NULL,
    user_id bigint NOT NULL,
    key bigint NOT NULL,
    id bigint NOT NULL,
    a text COLLATE "C" NOT NULL,
    b text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (name, user_id, key, id)
);
CREATE INDEX history_a ON history (name, user_id, a, key, id) WHERE a <> '';
CREATE INDEX history_b ON history (name, user_id, b, key, id) WHERE b <> '';

CREATE TABLE snapshot (
    seq bigint PRIMARY KEY,
    at_ms bigint NOT NULL,
    hash bytea NOT NULL,
    state bytea NOT NULL
);
CREATE TABLE keys (api_key text COLLATE "C" PRIMARY KEY, user_id bigint NOT NULL, record bytea NOT NULL);
CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL);

CREATE TABLE saved (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    at_ms bigint NOT NULL,
    seq bigint NOT NULL,
    generation bigint NOT NULL,
    bytes bigint NOT NULL
);
CREATE TABLE saved_journal (
    saved bigint NOT NULL,
    seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    term bigint NOT NULL,
    command bytea NOT NULL,
    events bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (saved, seq)
);
CREATE TABLE saved_history (
    saved bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    user_id bigint NOT NULL,
    key bigint NOT NULL,
    id bigint NOT NULL,
    a text COLLATE "C" NOT NULL,
    b text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (saved, name, user_id, key, id)
);
CREATE TABLE saved_snapshot (
    saved bigint NOT NULL,
    seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    hash bytea NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (saved, seq)
);
CREATE TABLE saved_keys (
    saved bigint NOT NULL,
    api_key text COLLATE "C" NOT NULL,
    user_id bigint NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (saved, api_key)
);
CREATE TABLE saved_meta (
    saved bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (saved, name)
);

-- A state has megabytes and is JSON; packing it would take longer than writing it.
ALTER TABLE snapshot ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE saved_snapshot ALTER COLUMN state SET STORAGE EXTERNAL;
