-- What changes inboxes, as functions, so that a batch of requests is one round trip, and so that an
-- application's own transactions and triggers publish by the same code as a node does.
--
-- Locks are taken in one order: idempotency keys, sorted, or items' keys, sorted; then the inboxes that
-- a transaction creates, by name; then all inboxes that it changes, by id. A transaction takes each kind
-- once. Behind these come, where their requests stand, the locks of topics (allim.lock_topics()) and of
-- the audit log (allim.append_audit()), tickets and probes: two batches that meet there crosswise are told
-- of a deadlock, and each is done again, one request after the other.
--
-- What runs in every commit that publishes is planned once for a session, and for indexes: left to
-- itself, PostgreSQL would plan each call anew for its arrays, and read the whole table of inboxes
-- where it is not much larger than a batch. What is switched off counts as so expensive that an
-- application's session would compile it, hence jit. A plan that was made when there were three
-- inboxes must still do for a million. So no list is joined with the inboxes: each of its lines
-- looks its inbox up (LATERAL, with OFFSET 0 to keep it so), and raises it by its id (ON CONFLICT).

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
	LEFT JOIN LATERAL (
		SELECT i.id FROM allim.inbox i WHERE i.name = w.name COLLATE "C" OFFSET 0) f ON true
	WHERE f.id IS NULL
	ORDER BY 1
	ON CONFLICT DO NOTHING;
	PERFORM FROM (
		SELECT f.id FROM unnest(published || marked) AS w (name)
		CROSS JOIN LATERAL (
			SELECT i.id FROM allim.inbox i WHERE i.name = w.name COLLATE "C" OFFSET 0) f
		UNION
		SELECT n.inbox_id FROM allim.notification n WHERE n.id = ANY (ids)
		ORDER BY 1
	) o
	CROSS JOIN LATERAL (
		SELECT FROM allim.inbox i WHERE i.id = o.id OFFSET 0 FOR UPDATE) locked;
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
		SELECT r.place, r.item, r.name, (f.inbox).id AS inbox_id, f.inbox,
			row_number() OVER (PARTITION BY (f.inbox).id ORDER BY r.place) AS step
		FROM unnest(items, names) WITH ORDINALITY AS r (item, name, place)
		CROSS JOIN LATERAL (
			SELECT i AS inbox FROM allim.inbox i
			WHERE i.name = r.name COLLATE "C" OFFSET 0) f
	), inserted AS (
		INSERT INTO allim.notification (id, inbox_id, seq, first_seq, priority, created_at,
			changed_at, expires_at, type, title, body, link, data)
		SELECT new_ids[r.place], r.inbox_id, (r.inbox).head + r.step, (r.inbox).head + r.step,
			priorities[r.item], coalesce(times[r.item], published_at), published_at,
			expiries[r.item],
			types[r.item], titles[r.item], bodies[r.item], links[r.item], datas[r.item]
		FROM receiver r ORDER BY r.place
	), raised AS (
		INSERT INTO allim.inbox AS i (id, name, head, newest)
		SELECT r.inbox_id, min(r.name), count(*), new_ids[max(r.place)]
		FROM receiver r GROUP BY r.inbox_id
		ON CONFLICT ON CONSTRAINT inbox_pkey DO UPDATE
		SET head = i.head + excluded.head, kept = i.kept + excluded.head,
			unread = i.unread + excluded.head, newest = excluded.newest
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
		SELECT DISTINCT f.id FROM unnest(names) AS n (name)
		CROSS JOIN LATERAL (
			SELECT i.id FROM allim.inbox i
			WHERE i.name = n.name COLLATE "C" AND i.kept > keep + keep / 8 + 1 OFFSET 0) f
		ORDER BY 1
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
