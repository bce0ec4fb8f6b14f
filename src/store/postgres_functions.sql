-- The operations of the store as functions, so that a batch of requests is one round trip, and so
-- that an application's own transactions and triggers publish by the same code as a node does.
--
-- Locks are taken in one order: idempotency keys, sorted; then the inboxes that a transaction
-- creates, by name; then all inboxes that it changes, by id. A transaction takes each kind once.
--
-- What runs in every commit that publishes is planned once for a session, and for indexes: left to
-- itself, PostgreSQL would plan each call anew for its arrays, and read the whole table of inboxes
-- where it is not much larger than a batch. What is switched off counts as so expensive that an
-- application's session would compile it, hence jit.

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

-- A change and whose it is, as postgres_change.c reads it. Of kind 0 is a row, of 1 a mark of
-- everything, of 2 only the head is told, of -1 an id is missing.
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

-- Locks all inboxes that a transaction changes: those of `published`, which come into being where
-- they are not there; those of `marked`, which do where there was ever a broadcast to mark; and
-- those that the notifications are in.
CREATE FUNCTION allim.lock_inboxes(published text[], marked text[], ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan TO off SET jit TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
	wanted text[] := published;
BEGIN
	IF cardinality(marked) > 0 AND ('' = ANY (published)
		OR (SELECT newest > 0 FROM allim.inbox WHERE id = 0)) THEN
		wanted := wanted || marked;
	END IF;
	INSERT INTO allim.inbox (name)
	SELECT DISTINCT w.name FROM unnest(wanted) AS w (name)
	WHERE NOT EXISTS (SELECT FROM allim.inbox i WHERE i.name = w.name COLLATE "C")
	ORDER BY 1
	ON CONFLICT DO NOTHING;
	PERFORM FROM allim.inbox i
	WHERE i.id IN (
		SELECT o.id FROM allim.inbox o WHERE o.name = ANY (published || marked)
		UNION
		SELECT n.inbox_id FROM allim.notification n WHERE n.id = ANY (ids))
	ORDER BY i.id
	FOR UPDATE;
END
$$;

-- Forgets the oldest changes of a locked inbox, from the lowest seq up, while more than `keep` are
-- kept (NULL: any number) or they changed before that time; at most `most`. Returns how many went.
CREATE FUNCTION allim.forget(which bigint, keep bigint, before bigint, most bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	up_to bigint;
	gone bigint;
	gone_unread bigint;
BEGIN
	SELECT max(o.seq) INTO up_to
	FROM (
		SELECT a.seq, bool_and(coalesce(a.place <= i.kept - keep, false)
			OR a.changed_at < before) OVER (ORDER BY a.seq) AS must_go
		FROM (
			SELECT n.seq, n.changed_at, row_number() OVER (ORDER BY n.seq) AS place
			FROM allim.notification n WHERE n.inbox_id = which
			ORDER BY n.seq LIMIT most
		) a
		JOIN allim.inbox i ON i.id = which
	) o
	WHERE o.must_go;
	IF up_to IS NULL THEN
		RETURN 0;
	END IF;
	SELECT count(*) FILTER (WHERE o.read_at = 0 AND o.archived_at = 0 AND o.withdrawn_at = 0)
	INTO gone_unread
	FROM allim.own o WHERE o.inbox_id = which AND o.seq <= up_to;
	IF which = 0 THEN
		INSERT INTO allim.forgotten_broadcast (notification_id)
		SELECT n.id FROM allim.notification n WHERE n.inbox_id = 0 AND n.seq <= up_to;
	END IF;
	DELETE FROM allim.notification n WHERE n.inbox_id = which AND n.seq <= up_to;
	GET DIAGNOSTICS gone = ROW_COUNT;
	UPDATE allim.inbox
	SET floor = up_to, kept = kept - gone, unread = unread - gone_unread
	WHERE id = which;
	PERFORM allim.stir(which);
	RETURN gone;
END
$$;

-- Has the tail tell of an inbox that changes without a row.
CREATE FUNCTION allim.stir(inbox bigint) RETURNS void LANGUAGE sql AS $$
	INSERT INTO allim.stirred (inbox_id) VALUES (inbox)
	ON CONFLICT (inbox_id) DO UPDATE SET xid = excluded.xid
$$;

-- Publishes to locked inboxes: `items` says which content each receiver gets, from 1. Inboxes that
-- have grown beyond `keep` (NULL: none) are trimmed. Each key that was claimed for some of the
-- receivers, from `firsts` on, remembers their ids. `times` are when they were created, of each
-- content, where that is not now. Answers in the order of the receivers.
CREATE FUNCTION allim.append(items integer[], names text[], types text[], titles text[],
	bodies text[], links text[], datas text[], priorities smallint[], expiries bigint[],
	keep bigint, key_publishers text[], keys text[], notes text[], firsts integer[],
	counts integer[], times bigint[] DEFAULT '{}')
RETURNS TABLE (id bigint, seq bigint, created_at bigint, unread bigint, broadcasts_marked bigint,
	broadcasts_handled bigint)
LANGUAGE plpgsql
SET enable_seqscan TO off SET jit TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
	new_ids bigint[] := ARRAY(
		SELECT nextval('allim.notification_id') FROM generate_series(1, cardinality(names)));
	published_at bigint := allim.now();
	published bigint;
	full_inbox bigint;
BEGIN
	RETURN QUERY
	WITH receiver AS MATERIALIZED (
		SELECT r.place, r.item, i.id AS inbox_id, i AS inbox,
			row_number() OVER (PARTITION BY i.id ORDER BY r.place) AS step
		FROM unnest(items, names) WITH ORDINALITY AS r (item, name, place)
		JOIN allim.inbox i ON i.name = r.name COLLATE "C"
	), inserted AS (
		INSERT INTO allim.notification (id, inbox_id, seq, first_seq, priority, created_at,
			changed_at, expires_at, type, title, body, link, data)
		SELECT new_ids[r.place], r.inbox_id, (r.inbox).head + r.step, (r.inbox).head + r.step,
			priorities[r.item], coalesce(times[r.item], published_at), published_at,
			expiries[r.item],
			types[r.item], titles[r.item], bodies[r.item], links[r.item], datas[r.item]
		FROM receiver r ORDER BY r.place
	), raised AS (
		UPDATE allim.inbox i
		SET head = i.head + g.steps, kept = i.kept + g.steps, unread = i.unread + g.steps,
			newest = new_ids[g.last]
		FROM (
			SELECT r.inbox_id, count(*) AS steps, max(r.place) AS last
			FROM receiver r GROUP BY r.inbox_id
		) g
		WHERE i.id = g.inbox_id
	)
	SELECT new_ids[r.place], (r.inbox).head + r.step, published_at, (r.inbox).unread + r.step,
		allim.broadcasts_marked(r.inbox), CASE -- calling a function costs more than this
			WHEN (r.inbox).touched <= allim.broadcasts_marked(r.inbox) THEN 0
			ELSE allim.broadcasts_handled(r.inbox)
		END
	FROM receiver r ORDER BY r.place;
	GET DIAGNOSTICS published = ROW_COUNT;
	IF published <> cardinality(names) THEN
		RAISE EXCEPTION 'an inbox that was locked is gone';
	END IF;
	IF cardinality(keys) > 0 THEN
		UPDATE allim.idempotency o
		SET ids = new_ids[k.first : k.first + k.count - 1], note = k.note,
			created_at = published_at
		FROM unnest(key_publishers, keys, notes, firsts, counts)
			AS k (publisher, key, note, first, count)
		WHERE o.publisher = k.publisher COLLATE "C" AND o.key = k.key COLLATE "C";
	END IF;
	IF keep IS NULL THEN
		RETURN;
	END IF;
	FOR full_inbox IN
		SELECT i.id FROM allim.inbox i
		WHERE i.name = ANY (names) AND i.kept > keep + keep / 8 + 1
		ORDER BY i.id
	LOOP
		PERFORM allim.forget(full_inbox, keep, 0, 4096);
	END LOOP;
END
$$;

-- What rows of locked inboxes became, for hints and answers.
CREATE FUNCTION allim.tell(ids bigint[]) RETURNS SETOF allim.change LANGUAGE sql STABLE AS $$
	SELECT i.name, i.unread, allim.broadcasts_marked(i), allim.broadcasts_handled(i),
		0::smallint, o.seq, 0::smallint, 0::bigint, 0::bigint, o.id, o.first_seq,
		o.inbox_id = 0, o.priority, o.created_at, o.changed_at, o.seen_at, o.read_at,
		o.archived_at, o.withdrawn_at, o.expires_at, o.type, o.title, o.body, o.link, o.data
	FROM allim.own o
	JOIN allim.inbox i ON i.id = o.inbox_id
	WHERE o.id = ANY (ids)
	ORDER BY o.inbox_id, o.seq
$$;

-- Changes one notification of a locked inbox, the members that are not NULL, and moves it to the
-- end. Answers nothing where there is none or it was withdrawn.
CREATE FUNCTION allim.correct(which bigint, new_type text, new_title text, new_body text,
	new_link text, new_data text, new_priority smallint, new_expiry bigint)
RETURNS SETOF allim.change LANGUAGE plpgsql AS $$
DECLARE
	changed_inbox bigint;
BEGIN
	UPDATE allim.notification n
	SET seq = i.head + 1, xid = pg_current_xact_id(), changed_at = allim.now(),
		seen_at = o.seen_at, read_at = o.read_at, archived_at = o.archived_at,
		type = coalesce(new_type, n.type), title = coalesce(new_title, n.title),
		body = coalesce(new_body, n.body), link = coalesce(new_link, n.link),
		data = coalesce(new_data, n.data), priority = coalesce(new_priority, n.priority),
		expires_at = coalesce(new_expiry, n.expires_at)
	FROM allim.own o
	JOIN allim.inbox i ON i.id = o.inbox_id
	WHERE n.id = which AND o.id = n.id AND n.withdrawn_at = 0
	RETURNING n.inbox_id INTO changed_inbox;
	IF changed_inbox IS NOT NULL THEN
		UPDATE allim.inbox SET head = head + 1 WHERE id = changed_inbox;
		RETURN QUERY SELECT * FROM allim.tell(ARRAY[which]);
	END IF;
END
$$;

-- Takes back those of the notifications, in locked inboxes, that were not yet.
CREATE FUNCTION allim.withdraw(which bigint[]) RETURNS SETOF allim.change LANGUAGE plpgsql AS $$
DECLARE
	ids bigint[];
	taken_at bigint := allim.now();
BEGIN
	WITH live AS MATERIALIZED (
		SELECT o.*, i.head + row_number() OVER (PARTITION BY o.inbox_id ORDER BY o.id) AS next_seq
		FROM allim.own o
		JOIN allim.inbox i ON i.id = o.inbox_id
		WHERE o.id = ANY (which) AND o.withdrawn_at = 0
	), moved AS (
		UPDATE allim.notification n
		SET seq = l.next_seq, xid = pg_current_xact_id(), changed_at = taken_at,
			withdrawn_at = taken_at, seen_at = l.seen_at, read_at = l.read_at,
			archived_at = l.archived_at
		FROM live l WHERE n.id = l.id
	), raised AS (
		UPDATE allim.inbox i
		SET head = i.head + g.steps, unread = i.unread - g.unread
		FROM (
			SELECT l.inbox_id, count(*) AS steps,
				count(*) FILTER (WHERE l.read_at = 0 AND l.archived_at = 0) AS unread
			FROM live l GROUP BY l.inbox_id
		) g
		WHERE i.id = g.inbox_id
	)
	SELECT array_agg(l.id) INTO ids FROM live l;
	RETURN QUERY SELECT * FROM allim.tell(ids);
END
$$;

-- The first of the ids that is neither in the inbox nor a broadcast, or NULL.
CREATE FUNCTION allim.find_missing(inbox bigint, which bigint[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT w.id
	FROM unnest(which) WITH ORDINALITY AS w (id, place)
	LEFT JOIN allim.notification n ON n.id = w.id AND n.inbox_id IN (inbox, 0)
	WHERE n.id IS NULL
	ORDER BY w.place
	LIMIT 1
$$;

-- Marks notifications of one user, whose inbox is locked, as seen (0), read (1) or archived (2):
-- those of the ids that were not yet, in their order. One that is not in the inbox is told alone.
CREATE FUNCTION allim.mark(owner text, new_state smallint, which bigint[])
RETURNS SETOF allim.change LANGUAGE plpgsql AS $$
DECLARE
	user_inbox allim.inbox;
	missing bigint;
	marked_at bigint := allim.now();
	places bigint[];
	own_ids bigint[];
	broadcast_ids bigint[];
	newly_read bigint;
BEGIN
	SELECT * INTO user_inbox FROM allim.inbox i WHERE i.name = owner COLLATE "C" AND i.id <> 0;
	missing := allim.find_missing(coalesce(user_inbox.id, -1), which);
	IF user_inbox.id IS NULL AND missing IS NULL THEN
		missing := which[1];
	END IF;
	IF missing IS NOT NULL THEN
		RETURN QUERY SELECT owner, 0::bigint, 0::bigint, 0::bigint, (-1)::smallint, 0::bigint,
			0::smallint, 0::bigint, 0::bigint, missing, 0::bigint, false, 0::smallint,
			0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
			''::text, ''::text, ''::text, ''::text, ''::text;
		RETURN;
	END IF;
	WITH unmarked AS MATERIALIZED (
		SELECT w.id, n.inbox_id = 0 AS to_everyone, min(w.place) AS place,
			CASE WHEN n.inbox_id = 0 THEN coalesce(max(s.seen_at), 0)
				ELSE n.seen_at END AS seen_at,
			CASE WHEN n.inbox_id = 0 THEN coalesce(max(s.read_at), 0)
				ELSE n.read_at END AS read_at,
			CASE WHEN n.inbox_id = 0 THEN coalesce(max(s.archived_at), 0)
				ELSE n.archived_at END AS archived_at,
			n.seq
		FROM unnest(which) WITH ORDINALITY AS w (id, place)
		JOIN allim.notification n ON n.id = w.id
		LEFT JOIN allim.broadcast_state s
			ON s.inbox_id = user_inbox.id AND s.notification_id = w.id AND n.inbox_id = 0
		WHERE n.withdrawn_at = 0
		GROUP BY w.id, n.id
	), shown AS MATERIALIZED (
		SELECT u.id, u.to_everyone, u.place,
			allim.effective(u.seen_at, CASE WHEN u.to_everyone
				THEN u.id <= user_inbox.seen_broadcast
				ELSE u.seq < user_inbox.seen_seq END, user_inbox.seen_at) AS seen_at,
			allim.effective(u.read_at, CASE WHEN u.to_everyone
				THEN u.id <= user_inbox.read_broadcast
				ELSE u.seq < user_inbox.read_seq END, user_inbox.read_at) AS read_at,
			allim.effective(u.archived_at, CASE WHEN u.to_everyone
				THEN u.id <= user_inbox.archived_broadcast
				ELSE u.seq < user_inbox.archived_seq END, user_inbox.archived_at)
				AS archived_at
		FROM unmarked u
	), step AS MATERIALIZED (
		SELECT s.*, user_inbox.head + row_number() OVER (ORDER BY s.place) AS next_seq
		FROM shown s
		WHERE (ARRAY[s.seen_at, s.read_at, s.archived_at])[new_state + 1] = 0
	), moved AS (
		UPDATE allim.notification n
		SET seq = t.next_seq, xid = pg_current_xact_id(), changed_at = marked_at,
			seen_at = CASE new_state WHEN 0 THEN marked_at ELSE t.seen_at END,
			read_at = CASE new_state WHEN 1 THEN marked_at ELSE t.read_at END,
			archived_at = CASE new_state WHEN 2 THEN marked_at ELSE t.archived_at END
		FROM step t WHERE n.id = t.id AND NOT t.to_everyone
	), touched AS (
		INSERT INTO allim.broadcast_state (inbox_id, notification_id, seq, seen_at, read_at,
			archived_at)
		SELECT user_inbox.id, t.id, t.next_seq,
			CASE new_state WHEN 0 THEN marked_at ELSE t.seen_at END,
			CASE new_state WHEN 1 THEN marked_at ELSE t.read_at END,
			CASE new_state WHEN 2 THEN marked_at ELSE t.archived_at END
		FROM step t WHERE t.to_everyone
		ON CONFLICT (inbox_id, notification_id) DO UPDATE
		SET seq = excluded.seq, seen_at = excluded.seen_at, read_at = excluded.read_at,
			archived_at = excluded.archived_at
	)
	SELECT array_agg(t.id) FILTER (WHERE NOT t.to_everyone),
		array_agg(t.id) FILTER (WHERE t.to_everyone),
		count(*) FILTER (WHERE NOT t.to_everyone AND new_state <> 0 AND t.read_at = 0
			AND t.archived_at = 0)
	INTO own_ids, broadcast_ids, newly_read
	FROM step t;
	IF own_ids IS NULL AND broadcast_ids IS NULL THEN
		RETURN;
	END IF;
	UPDATE allim.inbox
	SET head = head + coalesce(cardinality(own_ids), 0) + coalesce(cardinality(broadcast_ids), 0),
		unread = unread - newly_read,
		touched = greatest(touched, (SELECT max(b) FROM unnest(broadcast_ids) b))
	WHERE id = user_inbox.id;
	IF broadcast_ids IS NOT NULL THEN
		PERFORM allim.stir(user_inbox.id);
	END IF;
	RETURN QUERY
	WITH told AS MATERIALIZED (
		SELECT * FROM allim.tell(own_ids)
		UNION ALL
		SELECT i.name, i.unread, allim.broadcasts_marked(i), allim.broadcasts_handled(i),
			0::smallint, s.seq, 0::smallint, 0::bigint, 0::bigint, n.id, 0::bigint, true,
			n.priority, n.created_at, marked_at, s.seen_at, s.read_at, s.archived_at,
			n.withdrawn_at, n.expires_at, n.type, n.title, n.body, n.link, n.data
		FROM allim.broadcast_state s
		JOIN allim.notification n ON n.id = s.notification_id
		JOIN allim.inbox i ON i.id = s.inbox_id
		WHERE s.inbox_id = user_inbox.id AND s.notification_id = ANY (broadcast_ids)
	)
	SELECT * FROM told ORDER BY seq;
END
$$;

-- Marks everything, unless nothing came or changed since the same was done before.
CREATE FUNCTION allim.mark_all(owner text, new_state smallint) RETURNS SETOF allim.change
LANGUAGE plpgsql AS $$
DECLARE
	user_inbox allim.inbox;
	newest_broadcast bigint;
	marked_at bigint := allim.now();
	last_seq bigint;
	last_broadcast bigint;
	later integer;
BEGIN
	SELECT * INTO user_inbox FROM allim.inbox i WHERE i.name = owner COLLATE "C" AND i.id <> 0;
	IF user_inbox.id IS NULL THEN
		RETURN;
	END IF;
	SELECT i.newest INTO newest_broadcast FROM allim.inbox i WHERE i.id = 0;
	last_seq := (ARRAY[user_inbox.seen_seq, user_inbox.read_seq,
		user_inbox.archived_seq])[new_state + 1];
	last_broadcast := (ARRAY[user_inbox.seen_broadcast, user_inbox.read_broadcast,
		user_inbox.archived_broadcast])[new_state + 1];
	later := (user_inbox.seen_seq > last_seq)::integer + (user_inbox.read_seq > last_seq)::integer
		+ (user_inbox.archived_seq > last_seq)::integer;
	IF user_inbox.head - last_seq = later AND newest_broadcast <= last_broadcast THEN
		RETURN;
	END IF;
	UPDATE allim.inbox i
	SET head = i.head + 1,
		unread = CASE new_state WHEN 0 THEN i.unread ELSE 0 END,
		seen_seq = CASE new_state WHEN 0 THEN i.head + 1 ELSE i.seen_seq END,
		seen_at = CASE new_state WHEN 0 THEN marked_at ELSE i.seen_at END,
		seen_broadcast = CASE new_state WHEN 0 THEN newest_broadcast ELSE i.seen_broadcast END,
		read_seq = CASE new_state WHEN 1 THEN i.head + 1 ELSE i.read_seq END,
		read_at = CASE new_state WHEN 1 THEN marked_at ELSE i.read_at END,
		read_broadcast = CASE new_state WHEN 1 THEN newest_broadcast ELSE i.read_broadcast END,
		archived_seq = CASE new_state WHEN 2 THEN i.head + 1 ELSE i.archived_seq END,
		archived_at = CASE new_state WHEN 2 THEN marked_at ELSE i.archived_at END,
		archived_broadcast = CASE new_state WHEN 2 THEN newest_broadcast
			ELSE i.archived_broadcast END
	WHERE i.id = user_inbox.id
	RETURNING * INTO user_inbox;
	PERFORM allim.stir(user_inbox.id);
	RETURN QUERY SELECT owner, user_inbox.unread, allim.broadcasts_marked(user_inbox),
		allim.broadcasts_handled(user_inbox), 1::smallint, user_inbox.head, new_state, marked_at,
		newest_broadcast, 0::bigint, 0::bigint, false, 0::smallint, 0::bigint, 0::bigint,
		0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, ''::text, ''::text, ''::text,
		''::text, ''::text;
END
$$;

-- Claims idempotency keys. Answers, in their order, what a key is remembered for, or no fingerprint
-- where it is new (or too old, before `oldest`): then it belongs to this transaction, and has no ids
-- yet, which nobody else ever sees.
CREATE FUNCTION allim.claim(publishers text[], keys text[], fingerprints bytea[], oldest bigint)
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
			created_at = CASE WHEN o.created_at < oldest THEN excluded.created_at
				ELSE o.created_at END
		RETURNING o.publisher, o.key, o.fingerprint, o.ids, o.note, o.created_at
	)
	SELECT CASE WHEN c.ids <> '{}' THEN c.fingerprint END, c.ids, c.note,
		c.created_at
	FROM wanted w
	JOIN claimed c ON c.publisher = w.publisher COLLATE "C" AND c.key = w.key COLLATE "C"
	ORDER BY w.place;
END
$$;

-- The key of a request that only asks.
CREATE FUNCTION allim.recall(asked_publisher text, asked_key text, oldest bigint)
RETURNS TABLE (fingerprint bytea, ids bigint[], note text, created_at bigint)
LANGUAGE sql STABLE AS $$
	SELECT o.fingerprint, o.ids, o.note, o.created_at
	FROM allim.idempotency o
	WHERE o.publisher = asked_publisher COLLATE "C" AND o.key = asked_key COLLATE "C"
		AND o.created_at >= oldest
$$;

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
-- The first row, of kind 4, names this snapshot; from nowhere (an empty `since`) it is the only one.
CREATE FUNCTION allim.tail(since text, with_changes boolean, most_bytes bigint)
RETURNS SETOF allim.change LANGUAGE plpgsql STABLE SET enable_seqscan TO off AS $$
DECLARE
	before pg_snapshot := nullif(since, '')::pg_snapshot;
	running xid8[] := ARRAY(SELECT pg_snapshot_xip(before));
	upcoming xid8 := pg_snapshot_xmax(before);
	present xid8 := pg_snapshot_xmax(pg_current_snapshot());
BEGIN
	RETURN QUERY SELECT pg_current_snapshot()::text, 0::bigint, 0::bigint, 0::bigint, 4::smallint,
		0::bigint, 0::smallint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, false, 0::smallint,
		0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, ''::text,
		''::text, ''::text, ''::text, ''::text;
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
	RETURN keys = most OR tickets = most OR broadcast IS NOT NULL;
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
