-- Version 2: keys of a publisher's items, beside those of requests. What version 1 had for keys is
-- replaced: without the keys of items, and without requests that left a note and no ids.

-- Which of a source's messages were published.
CREATE TABLE allim.item_key (
	publisher text COLLATE "C" NOT NULL,
	key text COLLATE "C" NOT NULL,
	taken_at bigint NOT NULL,
	PRIMARY KEY (publisher, key)
);

CREATE INDEX item_key_age ON allim.item_key (taken_at);

-- Claims idempotency keys. Answers, in their order, what a key is remembered for, or no fingerprint
-- where it is new (or too old, before `oldest`): then it belongs to this transaction, and has neither
-- ids nor a note yet, which nobody else ever sees.
CREATE OR REPLACE FUNCTION allim.claim(publishers text[], keys text[], fingerprints bytea[], oldest bigint)
RETURNS TABLE (fingerprint bytea, ids bigint[], note text, created_at bigint)
LANGUAGE plpgsql AS $$
DECLARE
	claimed_at bigint := allim.now();
BEGIN
	RETURN QUERY
	WITH wanted AS MATERIALIZED (
		SELECT * FROM unnest(publishers, keys, fingerprints) WITH ORDINALITY
			AS w (publisher, key, fingerprint, place)
	), claimed AS (
		INSERT INTO allim.idempotency AS o (publisher, key, fingerprint, ids, note, created_at)
		SELECT w.publisher, w.key, w.fingerprint, '{}', '', claimed_at
		FROM wanted w ORDER BY w.publisher COLLATE "C", w.key COLLATE "C"
		ON CONFLICT (publisher, key) DO UPDATE
		SET fingerprint = CASE WHEN o.created_at < oldest THEN excluded.fingerprint
				ELSE o.fingerprint END,
			ids = CASE WHEN o.created_at < oldest THEN excluded.ids ELSE o.ids END,
			note = CASE WHEN o.created_at < oldest THEN excluded.note ELSE o.note END,
			created_at = CASE WHEN o.created_at < oldest THEN excluded.created_at
				ELSE o.created_at END
		RETURNING o.publisher, o.key, o.fingerprint, o.ids, o.note, o.created_at
	)
	SELECT CASE WHEN c.ids <> '{}' OR c.note <> '' THEN c.fingerprint END, c.ids, c.note,
		c.created_at
	FROM wanted w
	JOIN claimed c ON c.publisher = w.publisher COLLATE "C" AND c.key = w.key COLLATE "C"
	ORDER BY w.place;
END
$$;

-- Takes the keys of a publisher's items. Answers the places, from 1, of those that are new (or too
-- old, before `oldest`); of two that are the same the first one.
CREATE FUNCTION allim.take(taker text, keys text[], oldest bigint) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
DECLARE
	present bigint := allim.now();
BEGIN
	RETURN QUERY
	WITH wanted AS MATERIALIZED (
		SELECT w.key COLLATE "C" AS key, min(w.place) AS place
		FROM unnest(keys) WITH ORDINALITY AS w (key, place) GROUP BY 1
	), taken AS (
		INSERT INTO allim.item_key AS o (publisher, key, taken_at)
		SELECT taker, w.key, present FROM wanted w ORDER BY w.key
		ON CONFLICT (publisher, key) DO UPDATE SET taken_at = excluded.taken_at
		WHERE o.taken_at < oldest
		RETURNING o.key
	)
	SELECT w.place FROM wanted w JOIN taken t ON t.key = w.key ORDER BY 1;
END
$$;

-- The key of a request that only asks.
CREATE OR REPLACE FUNCTION allim.recall(asked_publisher text, asked_key text, oldest bigint)
RETURNS TABLE (fingerprint bytea, ids bigint[], note text, created_at bigint)
LANGUAGE sql STABLE AS $$
	SELECT o.fingerprint, o.ids, o.note, o.created_at
	FROM allim.idempotency o
	WHERE o.publisher = asked_publisher COLLATE "C" AND o.key = asked_key COLLATE "C"
		AND o.created_at >= oldest
$$;

-- Deletes old keys and tickets, and states of broadcasts that are gone, and marks rows of adopted
-- tables that were locked before; at most about so many of each. Returns whether there may be more. A
-- key that is being used again is left alone. States are deleted when no transaction is left that may
-- have seen the broadcast.
CREATE OR REPLACE FUNCTION allim.prune(oldest_key bigint, most integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	present bigint := allim.now();
	broadcast bigint;
	keys bigint;
	item_keys bigint;
	tickets bigint;
	states bigint;
BEGIN
	WITH old AS MATERIALIZED (
		SELECT o.publisher, o.key FROM allim.idempotency o
		WHERE o.created_at < oldest_key ORDER BY o.created_at LIMIT most
		FOR UPDATE SKIP LOCKED
	)
	DELETE FROM allim.idempotency o USING old
	WHERE o.publisher = old.publisher AND o.key = old.key;
	GET DIAGNOSTICS keys = ROW_COUNT;
	WITH old AS MATERIALIZED (
		SELECT o.publisher, o.key FROM allim.item_key o
		WHERE o.taken_at < oldest_key ORDER BY o.taken_at LIMIT most
		FOR UPDATE SKIP LOCKED
	)
	DELETE FROM allim.item_key o USING old
	WHERE o.publisher = old.publisher AND o.key = old.key;
	GET DIAGNOSTICS item_keys = ROW_COUNT;
	DELETE FROM allim.ticket t WHERE t.id = ANY (ARRAY(
		SELECT u.id FROM allim.ticket u WHERE u.expires_at < present LIMIT most));
	GET DIAGNOSTICS tickets = ROW_COUNT;
	UPDATE allim.forgotten_broadcast SET xid = pg_snapshot_xmax(pg_current_snapshot())
	WHERE xid IS NULL;
	SELECT min(f.notification_id) INTO broadcast FROM allim.forgotten_broadcast f
	WHERE f.xid <= pg_snapshot_xmin(pg_current_snapshot());
	PERFORM allim.mark_late(most);
	IF broadcast IS NOT NULL THEN
		DELETE FROM allim.broadcast_state s
		WHERE s.notification_id = broadcast AND s.inbox_id = ANY (ARRAY(
			SELECT b.inbox_id FROM allim.broadcast_state b
			WHERE b.notification_id = broadcast LIMIT most));
		GET DIAGNOSTICS states = ROW_COUNT;
		IF states < most THEN
			DELETE FROM allim.forgotten_broadcast f WHERE f.notification_id = broadcast;
		END IF;
	END IF;
	RETURN keys = most OR item_keys = most OR tickets = most OR broadcast IS NOT NULL;
END
$$;
