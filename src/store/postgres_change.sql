-- Inboxes and their changes as their users see them.

CREATE FUNCTION allim.now() RETURNS bigint LANGUAGE sql VOLATILE AS $$
	SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
$$;

-- A state as its user sees it: a mark of everything touches no rows.
CREATE FUNCTION allim.effective(stored bigint, is_marked boolean, marked_at bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN stored = 0 AND is_marked THEN marked_at ELSE stored END
$$;

-- The last broadcast that "all read" or "all archived" covers.
CREATE FUNCTION allim.broadcasts_marked(i allim.inbox) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT greatest((i).read_broadcast, (i).archived_broadcast)
$$;

CREATE FUNCTION allim.count_handled(i allim.inbox) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(*)
	FROM allim.broadcast_state s
	JOIN allim.notification n ON n.id = s.notification_id
	WHERE s.inbox_id = (i).id
		AND s.notification_id > allim.broadcasts_marked(i)
		AND (s.read_at <> 0 OR s.archived_at <> 0)
		AND n.withdrawn_at = 0
$$;

-- Live broadcasts beyond those that were read or archived singly. Mostly there are none; then
-- nothing is called, because this is planned into the query that asks.
CREATE FUNCTION allim.broadcasts_handled(i allim.inbox) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN (i).touched <= allim.broadcasts_marked(i) THEN 0
		ELSE allim.count_handled(i) END
$$;

-- Notifications with the states that their own user sees.
CREATE VIEW allim.own AS
SELECT n.id, n.inbox_id, n.seq, n.first_seq, n.xid, n.priority, n.created_at, n.changed_at,
	allim.effective(n.seen_at, n.seq < i.seen_seq, i.seen_at) AS seen_at,
	allim.effective(n.read_at, n.seq < i.read_seq, i.read_at) AS read_at,
	allim.effective(n.archived_at, n.seq < i.archived_seq, i.archived_at) AS archived_at,
	n.withdrawn_at, n.expires_at, n.type, n.title, n.body, n.link, n.data
FROM allim.notification n
JOIN allim.inbox i ON i.id = n.inbox_id;

-- A change and whose it is, as postgres_result.c reads it. Of kind 0 is a row, of 1 a mark of
-- everything, of 2 only the head is told; in a replay or list, rows from the first of kind 3 on are
-- left out; of kind 4 is the position of a tail, and of -1 an id that is missing.
CREATE TYPE allim.change AS (
	name text,
	unread bigint,
	broadcasts_marked bigint,
	broadcasts_handled bigint,
	kind smallint,
	seq bigint,
	state smallint,
	marked_at bigint,
	marked_broadcasts bigint,
	id bigint,
	first_seq bigint,
	to_everyone boolean,
	priority smallint,
	created_at bigint,
	changed_at bigint,
	seen_at bigint,
	read_at bigint,
	archived_at bigint,
	withdrawn_at bigint,
	expires_at bigint,
	type text,
	title text,
	body text,
	link text,
	data text
);
