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
