-- What is asked about inboxes.

-- Heads and counts of inboxes, in the order of their names; 0 where there is none.
CREATE FUNCTION allim.heads(names text[])
RETURNS TABLE (head bigint, floor bigint, unread bigint, broadcasts_marked bigint,
	broadcasts_handled bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	SELECT coalesce(i.head, 0), coalesce(i.floor, 0), coalesce(i.unread, 0),
		coalesce(allim.broadcasts_marked(i), 0), coalesce(allim.broadcasts_handled(i), 0)
	FROM unnest(names) WITH ORDINALITY AS w (name, place)
	LEFT JOIN allim.inbox i ON i.name = w.name COLLATE "C"
	ORDER BY w.place;
END
$$;

-- Ids of the live broadcasts, rising.
CREATE FUNCTION allim.broadcasts() RETURNS TABLE (ids bigint[]) LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT ARRAY(
		SELECT n.id FROM allim.notification n
		WHERE n.inbox_id = 0 AND n.withdrawn_at = 0
		ORDER BY n.id);
END
$$;

-- What a row takes of an answer, roughly.
CREATE FUNCTION allim.weight(title text, body text, link text, data text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT 256::bigint + octet_length(title) + octet_length(body) + octet_length(link)
		+ octet_length(data)
$$;

-- The changes of one user's inbox after a seq. What the limits leave out begins with a row of kind 3.
CREATE FUNCTION allim.replay(owner text, after bigint, most bigint, most_bytes bigint)
RETURNS SETOF allim.change LANGUAGE plpgsql STABLE AS $$
DECLARE
	viewer allim.inbox;
BEGIN
	SELECT * INTO viewer FROM allim.inbox i WHERE i.name = owner COLLATE "C";
	IF viewer.id IS NULL OR viewer.head <= after THEN
		RETURN;
	END IF;
	RETURN QUERY
	SELECT owner, 0::bigint, 0::bigint, 0::bigint,
		CASE WHEN w.place > most OR w.before >= most_bytes THEN 3::smallint ELSE w.kind END,
		w.seq, w.state, w.marked_at, w.marked_broadcasts, w.id, w.first_seq, w.to_everyone,
		w.priority, w.created_at, w.changed_at, w.seen_at, w.read_at, w.archived_at,
		w.withdrawn_at, w.expires_at, w.type, w.title, w.body, w.link, w.data
	FROM (
		SELECT c.*, row_number() OVER step AS place, coalesce(
			sum(allim.weight(c.title, c.body, c.link, c.data)) OVER
			(ORDER BY c.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
		FROM (
			(SELECT 0::smallint AS kind, n.seq, 0::smallint AS state, 0::bigint AS marked_at,
				0::bigint AS marked_broadcasts, n.id, n.first_seq, false AS to_everyone,
				n.priority, n.created_at, n.changed_at,
				allim.effective(n.seen_at, n.seq < viewer.seen_seq, viewer.seen_at)
					AS seen_at,
				allim.effective(n.read_at, n.seq < viewer.read_seq, viewer.read_at)
					AS read_at,
				allim.effective(n.archived_at, n.seq < viewer.archived_seq,
					viewer.archived_at) AS archived_at,
				n.withdrawn_at, n.expires_at, n.type, n.title, n.body, n.link, n.data
			FROM allim.notification n
			WHERE n.inbox_id = viewer.id AND n.seq > after
			ORDER BY n.seq LIMIT most + 1)
			UNION ALL
			(SELECT 0::smallint, s.seq, 0::smallint, 0::bigint, 0::bigint, n.id, 0::bigint,
				true, n.priority, n.created_at, n.changed_at,
				allim.effective(s.seen_at, n.id <= viewer.seen_broadcast, viewer.seen_at),
				allim.effective(s.read_at, n.id <= viewer.read_broadcast, viewer.read_at),
				allim.effective(s.archived_at, n.id <= viewer.archived_broadcast,
					viewer.archived_at),
				n.withdrawn_at, n.expires_at, n.type, n.title, n.body, n.link, n.data
			FROM allim.broadcast_state s
			JOIN allim.notification n ON n.id = s.notification_id
			WHERE s.inbox_id = viewer.id AND s.seq > after
			ORDER BY s.seq LIMIT most + 1)
			UNION ALL
			SELECT 1::smallint, m.seq, m.state::smallint, m.marked_at, m.marked_broadcasts,
				0::bigint, 0::bigint, false, 0::smallint, 0::bigint, 0::bigint, 0::bigint,
				0::bigint, 0::bigint, 0::bigint, 0::bigint, ''::text, ''::text, ''::text,
				''::text, ''::text
			FROM (VALUES
				(0, viewer.seen_seq, viewer.seen_at, viewer.seen_broadcast),
				(1, viewer.read_seq, viewer.read_at, viewer.read_broadcast),
				(2, viewer.archived_seq, viewer.archived_at, viewer.archived_broadcast))
				AS m (state, seq, marked_at, marked_broadcasts)
			WHERE m.seq > after
		) c
		WINDOW step AS (ORDER BY c.seq)
		ORDER BY c.seq LIMIT most + 1
	) w
	ORDER BY w.seq;
END
$$;

-- The changes of the broadcasts after a seq, as one user sees them.
CREATE FUNCTION allim.replay_broadcasts(owner text, after bigint, most bigint, most_bytes bigint)
RETURNS SETOF allim.change LANGUAGE plpgsql STABLE AS $$
DECLARE
	viewer allim.inbox;
BEGIN
	SELECT * INTO viewer FROM allim.inbox i WHERE i.name = owner COLLATE "C";
	RETURN QUERY
	SELECT ''::text, 0::bigint, 0::bigint, 0::bigint,
		CASE WHEN w.place > most OR w.before >= most_bytes THEN 3 ELSE 0 END::smallint, w.seq,
		0::smallint, 0::bigint, 0::bigint, w.id, w.first_seq, true, w.priority, w.created_at,
		w.changed_at,
		allim.effective(coalesce(s.seen_at, 0), w.id <= viewer.seen_broadcast, viewer.seen_at),
		allim.effective(coalesce(s.read_at, 0), w.id <= viewer.read_broadcast, viewer.read_at),
		allim.effective(coalesce(s.archived_at, 0), w.id <= viewer.archived_broadcast,
			viewer.archived_at),
		w.withdrawn_at, w.expires_at, w.type, w.title, w.body, w.link, w.data
	FROM (
		SELECT n.*, row_number() OVER (ORDER BY n.seq) AS place, coalesce(
			sum(allim.weight(n.title, n.body, n.link, n.data)) OVER
			(ORDER BY n.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
		FROM allim.notification n
		WHERE n.inbox_id = 0 AND n.seq > after
		ORDER BY n.seq LIMIT most + 1
	) w
	LEFT JOIN allim.broadcast_state s ON s.inbox_id = viewer.id AND s.notification_id = w.id
	ORDER BY w.seq;
END
$$;

-- A page of a user's inbox, the newest first: not archived (0), unread (1), archived (2), all (3).
CREATE FUNCTION allim.list(owner text, filter smallint, below bigint, most bigint,
	most_bytes bigint)
RETURNS SETOF allim.change LANGUAGE plpgsql STABLE AS $$
DECLARE
	viewer allim.inbox;
	present bigint := allim.now();
BEGIN
	SELECT * INTO viewer FROM allim.inbox i WHERE i.name = owner COLLATE "C";
	RETURN QUERY
	SELECT owner, 0::bigint, 0::bigint, 0::bigint,
		CASE WHEN w.place > most OR w.before >= most_bytes THEN 3 ELSE 0 END::smallint, w.seq,
		0::smallint, 0::bigint, 0::bigint, w.id, w.first_seq, w.to_everyone, w.priority,
		w.created_at, w.changed_at, w.seen_at, w.read_at, w.archived_at, w.withdrawn_at,
		w.expires_at, w.type, w.title, w.body, w.link, w.data
	FROM (
		SELECT c.*, row_number() OVER (ORDER BY c.id DESC) AS place, coalesce(
			sum(allim.weight(c.title, c.body, c.link, c.data)) OVER
			(ORDER BY c.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
		FROM (
			(SELECT * FROM (
				SELECT n.id, n.seq, n.first_seq, false AS to_everyone, n.priority,
					n.created_at, n.changed_at,
					allim.effective(n.seen_at, n.seq < viewer.seen_seq, viewer.seen_at)
						AS seen_at,
					allim.effective(n.read_at, n.seq < viewer.read_seq, viewer.read_at)
						AS read_at,
					allim.effective(n.archived_at, n.seq < viewer.archived_seq,
						viewer.archived_at) AS archived_at,
					n.withdrawn_at, n.expires_at, n.type, n.title, n.body, n.link,
					n.data
				FROM allim.notification n
				WHERE n.inbox_id = viewer.id AND n.id < below AND n.withdrawn_at = 0
					AND (n.expires_at = 0 OR n.expires_at > present)
				ORDER BY n.id DESC
			) o
			WHERE CASE filter WHEN 0 THEN o.archived_at = 0
				WHEN 1 THEN o.read_at = 0 AND o.archived_at = 0
				WHEN 2 THEN o.archived_at <> 0 ELSE true END
			LIMIT most + 1)
			UNION ALL
			(SELECT * FROM (
				SELECT n.id, coalesce(s.seq, n.seq) AS seq,
					CASE WHEN s.seq IS NULL THEN n.first_seq ELSE 0 END AS first_seq,
					true AS to_everyone, n.priority, n.created_at, n.changed_at,
					allim.effective(coalesce(s.seen_at, 0),
						n.id <= viewer.seen_broadcast, viewer.seen_at) AS seen_at,
					allim.effective(coalesce(s.read_at, 0),
						n.id <= viewer.read_broadcast, viewer.read_at) AS read_at,
					allim.effective(coalesce(s.archived_at, 0),
						n.id <= viewer.archived_broadcast, viewer.archived_at)
						AS archived_at,
					n.withdrawn_at, n.expires_at, n.type, n.title, n.body, n.link,
					n.data
				FROM allim.notification n
				LEFT JOIN allim.broadcast_state s
					ON s.inbox_id = viewer.id AND s.notification_id = n.id
				WHERE n.inbox_id = 0 AND n.id < below AND n.withdrawn_at = 0
					AND (n.expires_at = 0 OR n.expires_at > present)
				ORDER BY n.id DESC
			) e
			WHERE CASE filter WHEN 0 THEN e.archived_at = 0
				WHEN 1 THEN e.read_at = 0 AND e.archived_at = 0
				WHEN 2 THEN e.archived_at <> 0 ELSE true END
			LIMIT most + 1)
		) c
		ORDER BY c.id DESC LIMIT most + 1
	) w
	ORDER BY w.id DESC;
END
$$;

-- What was committed between an older snapshot and this one: the rows of transactions that were
-- running then, or began since. No commit falls between two such questions, however long its
-- transaction took and in whatever order they committed, and nothing waits for the oldest one. Rows
-- that were restored from an older cluster may name transactions that are still to come. A whole
-- table must never be read for it, hence the setting; and as nobody can foresee how much changed, no
-- two lists are joined here. Without `with_changes`, and beyond `most_bytes`, heads are told alone.
-- The first row, of kind 4, names this snapshot and has the epoch for an id; from nowhere (an empty
-- `since`) it is the only one.
CREATE FUNCTION allim.tail(since text, with_changes boolean, most_bytes bigint)
RETURNS SETOF allim.change LANGUAGE plpgsql STABLE SET enable_seqscan TO off AS $$
DECLARE
	before pg_snapshot := nullif(since, '')::pg_snapshot;
	running xid8[] := ARRAY(SELECT pg_snapshot_xip(before));
	upcoming xid8 := pg_snapshot_xmax(before);
	present xid8 := pg_snapshot_xmax(pg_current_snapshot());
BEGIN
	RETURN QUERY SELECT pg_current_snapshot()::text, 0::bigint, 0::bigint, 0::bigint, 4::smallint,
		0::bigint, 0::smallint, 0::bigint, 0::bigint, m.epoch, 0::bigint, false, 0::smallint,
		0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, ''::text,
		''::text, ''::text, ''::text, ''::text
	FROM allim.meta m;
	IF before IS NULL THEN
		RETURN;
	END IF;
	RETURN QUERY
	WITH changed AS MATERIALIZED (
		SELECT n.id, n.inbox_id, n.seq, sum(allim.weight(n.title, n.body, n.link, n.data))
			OVER (ORDER BY n.xid, n.id) AS bytes
		FROM allim.notification n
		WHERE n.xid = ANY (running) OR (n.xid >= upcoming AND n.xid < present)
	), inbox AS MATERIALIZED (
		SELECT i.id, i.name, i.head, i.unread, allim.broadcasts_marked(i) AS marked,
			allim.broadcasts_handled(i) AS handled,
			CASE WHEN t.last < i.head THEN array_append(t.ids, NULL) ELSE t.ids END AS ids
		FROM (
			SELECT u.inbox_id, max(u.seq) AS last,
				array_agg(u.id) FILTER (WHERE u.id IS NOT NULL) AS ids
			FROM (
				SELECT c.inbox_id, c.id, c.seq FROM changed c
				WHERE with_changes AND c.bytes <= most_bytes
				UNION ALL
				SELECT c.inbox_id, NULL, 0 FROM changed c
				WHERE NOT (with_changes AND c.bytes <= most_bytes)
				UNION ALL
				SELECT s.inbox_id, NULL, 0 FROM allim.stirred s
				WHERE s.xid = ANY (running) OR (s.xid >= upcoming AND s.xid < present)
			) u
			GROUP BY u.inbox_id
		) t
		JOIN allim.inbox i ON i.id = t.inbox_id
	)
	SELECT i.name, i.unread, i.marked, i.handled,
		CASE WHEN o.id IS NULL THEN 2 ELSE 0 END::smallint, coalesce(o.seq, i.head), 0::smallint,
		0::bigint, 0::bigint, coalesce(o.id, 0), coalesce(o.first_seq, 0), i.id = 0,
		coalesce(o.priority, 0::smallint), coalesce(o.created_at, 0), coalesce(o.changed_at, 0),
		coalesce(o.seen_at, 0), coalesce(o.read_at, 0), coalesce(o.archived_at, 0),
		coalesce(o.withdrawn_at, 0), coalesce(o.expires_at, 0), coalesce(o.type, ''),
		coalesce(o.title, ''), coalesce(o.body, ''), coalesce(o.link, ''), coalesce(o.data, '')
	FROM inbox i
	CROSS JOIN LATERAL unnest(i.ids) AS t (id)
	LEFT JOIN allim.own o ON o.id = t.id
	ORDER BY i.id, coalesce(o.seq, i.head);
END
$$;
