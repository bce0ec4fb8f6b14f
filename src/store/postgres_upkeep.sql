-- What nodes do between requests: expiry, retention, pruning, and telling each other that they live.

-- Has one node at a time keep house: true for `node` where it does so until that time.
CREATE FUNCTION allim.keep_house(node bigint, until bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	UPDATE allim.meta SET keeper = node, keeper_until = allim.now() + until
	WHERE keeper = node OR keeper_until < allim.now();
	RETURN FOUND;
END
$$;

-- Takes back what has expired, at most so many. Inboxes that somebody holds are left for later; what
-- was corrected before an inbox was locked is looked at again.
CREATE FUNCTION allim.expire(most integer) RETURNS SETOF allim.change LANGUAGE plpgsql AS $$
DECLARE
	present bigint := allim.now();
	due bigint[] := ARRAY(
		SELECT n.id
		FROM allim.notification n
		JOIN allim.inbox i ON i.id = n.inbox_id
		WHERE n.expires_at > 0 AND n.withdrawn_at = 0 AND n.expires_at <= present
		ORDER BY n.expires_at LIMIT most
		FOR UPDATE OF i SKIP LOCKED);
BEGIN
	IF cardinality(due) > 0 THEN
		RETURN QUERY SELECT * FROM allim.withdraw(ARRAY(
			SELECT n.id FROM allim.notification n
			WHERE n.id = ANY (due) AND n.expires_at > 0 AND n.expires_at <= present));
	END IF;
END
$$;

-- Deletes old keys and tickets, and states of broadcasts that are gone, and marks rows of adopted
-- tables that were locked before; at most about so many of each. Returns whether there may be more. A
-- key that is being used again is left alone. States are deleted when no transaction is left that may
-- have seen the broadcast.
CREATE FUNCTION allim.prune(oldest_key bigint, most integer) RETURNS boolean LANGUAGE plpgsql AS $$
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

-- One step of the walk through all inboxes: of those behind `last` it trims what must be trimmed,
-- see allim.forget(). Inboxes that somebody holds are left for the next walk. Returns where it came to
-- (NULL: the end), and how many rows went.
CREATE FUNCTION allim.walk(last bigint, inboxes integer, keep bigint, before bigint, most bigint,
	OUT came_to bigint, OUT gone bigint)
LANGUAGE plpgsql AS $$
DECLARE
	due bigint[];
	next_inbox bigint;
BEGIN
	gone := 0;
	SELECT CASE WHEN count(*) = inboxes THEN max(w.id) END, array_agg(w.id ORDER BY w.id)
		FILTER (WHERE coalesce(w.kept > keep, false) OR w.oldest < before)
	INTO came_to, due
	FROM (
		SELECT i.id, i.kept, (
			SELECT n.changed_at FROM allim.notification n
			WHERE n.inbox_id = i.id ORDER BY n.seq LIMIT 1) AS oldest
		FROM allim.inbox i WHERE i.id > last ORDER BY i.id LIMIT inboxes
	) w;
	FOREACH next_inbox IN ARRAY coalesce(due, '{}') LOOP
		PERFORM FROM allim.inbox i WHERE i.id = next_inbox FOR UPDATE SKIP LOCKED;
		CONTINUE WHEN NOT FOUND;
		gone := gone + allim.forget(next_inbox, keep, before, most);
		IF gone >= most THEN
			came_to := next_inbox - 1;
			EXIT;
		END IF;
	END LOOP;
END
$$;

-- Says that a node lives and what it tells of itself; answers with all that said so within `lifetime`.
-- One that is leaving (0) is left out from then on, as are those that were silent for long.
CREATE FUNCTION allim.beat(own_number bigint, own_figures text, lifetime bigint)
RETURNS TABLE (number bigint, figures text) LANGUAGE plpgsql AS $$
DECLARE
	present bigint := allim.now();
BEGIN
	DELETE FROM allim.node n
	WHERE (n.beat_at < present - lifetime * 10 AND lifetime > 0) OR (n.number = own_number AND lifetime = 0);
	IF lifetime > 0 THEN
		INSERT INTO allim.node (number, beat_at, figures)
		VALUES (own_number, present, own_figures)
		ON CONFLICT ON CONSTRAINT node_pkey DO UPDATE
		SET beat_at = excluded.beat_at, figures = excluded.figures;
	END IF;
	RETURN QUERY SELECT n.number, n.figures FROM allim.node n
	WHERE n.beat_at >= present - lifetime ORDER BY n.number;
END
$$;
