-- Publishing inside the application's own transactions. Triggers of adopted tables and
-- allim.publish() only note what is to be done. One trigger that fires at the commit does it, so
-- that the inboxes are locked for no longer than the commit takes, all at once and in their order,
-- whatever else the transaction did and however long it took.
--
-- Limits are the defaults of the settings notification.*, which the database does not know.

-- The applications' tables, with the columns that are read; the functions adopted_<number>_* are
-- made for each of them by postgres_adopt_sql.c.
CREATE TABLE allim.adopted (
	number bigint PRIMARY KEY,
	source regclass NOT NULL UNIQUE,
	name text NOT NULL, -- as it was when it was adopted
	user_column text NOT NULL,
	title_column text NOT NULL,
	body_column text,
	type_column text,
	type text NOT NULL, -- of rows without one
	data_column text,
	link_column text,
	created_column text,
	read_column text,
	id_column text, -- NULL: later changes are not followed
	notifies boolean NOT NULL,
	adopted_at bigint NOT NULL DEFAULT allim.now()
);

-- Which notification a row of an adopted table became.
CREATE TABLE allim.adopted_row (
	adopted bigint NOT NULL,
	source text COLLATE "C" NOT NULL,
	notification_id bigint NOT NULL,
	PRIMARY KEY (adopted, source)
);

CREATE INDEX adopted_row_notification ON allim.adopted_row (notification_id);

-- Rows that were read here while the application had them locked. They are marked later, because
-- the application waits for inboxes, and nobody who has locked an inbox may wait for it.
CREATE TABLE allim.adopted_late (
	adopted bigint NOT NULL,
	source text COLLATE "C" NOT NULL,
	PRIMARY KEY (adopted, source)
);

CREATE SEQUENCE allim.pending_number;

-- What running transactions will do when they commit. No row outlives its transaction, so nothing
-- is lost when the table is emptied by a crash. Of kind 0 is a publish; 1 corrects, 2 withdraws and
-- 3 marks as read what a row of an adopted table became.
CREATE UNLOGGED TABLE allim.pending (
	xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
	number bigint NOT NULL DEFAULT nextval('allim.pending_number'),
	wakes boolean NOT NULL, -- the first row of each statement has the trigger fire
	kind smallint NOT NULL,
	adopted bigint,
	source text COLLATE "C",
	name text,
	type text,
	title text,
	body text,
	link text,
	data text,
	is_checked boolean NOT NULL DEFAULT true, -- data is JSON
	priority smallint NOT NULL DEFAULT 1,
	expires_at bigint NOT NULL DEFAULT 0,
	created_at timestamptz,
	is_read boolean
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

CREATE INDEX pending_place ON allim.pending (xid, adopted, source);

-- Whether a user may have that name; see slice_has_control() for what control characters are.
CREATE FUNCTION allim.is_name(name text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT octet_length(name) BETWEEN 1 AND 255 AND name !~ '[\u0001-\u001f\u007f-\u009f]'
$$;

-- The beginning of a text that is longer than so many bytes.
CREATE FUNCTION allim.cut(content text, most integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	bytes bytea := convert_to(left(content, most + 1), 'UTF8');
	kept integer := most;
BEGIN
	WHILE get_byte(bytes, kept) & 192 = 128 LOOP
		kept := kept - 1;
	END LOOP;
	RETURN convert_from(substring(bytes FROM 1 FOR kept), 'UTF8');
END
$$;

CREATE FUNCTION allim.fit(content text, most integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN octet_length(content) <= most THEN content
		WHEN content IS NULL THEN '' ELSE allim.cut(content, most) END
$$;

CREATE FUNCTION allim.fit_title(title text, type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT allim.fit(CASE WHEN title <> '' THEN title ELSE type END, 500)
$$;

-- A link that is cut leads nowhere.
CREATE FUNCTION allim.fit_link(link text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN octet_length(link) <= 2000 THEN link ELSE '' END
$$;

CREATE FUNCTION allim.fit_type(type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT allim.fit(CASE WHEN type ~ '[\u0001-\u001f\u007f-\u009f]'
		THEN regexp_replace(type, '[\u0001-\u001f\u007f-\u009f]', ' ', 'g') ELSE type END, 64)
$$;

-- JSON as it is written, without the white space between its tokens; '' for null.
CREATE FUNCTION allim.compact(data text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN data IS NULL OR data = 'null' THEN ''
		WHEN data !~ '[ \t\n\r]' THEN data
		ELSE regexp_replace(data, '("(?:[^"\\]|\\.)*")|[ \t\n\r]+', '\1', 'g') END
$$;

-- As strict as what nodes take by HTTP: jsonb has no halves of surrogate pairs.
CREATE FUNCTION allim.is_json(data text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	PERFORM data::jsonb;
	RETURN true;
EXCEPTION WHEN OTHERS THEN
	RETURN false;
END
$$;

-- Whether JSON has more than 64 levels: only brackets are left of it, and the innermost pairs are
-- taken off as often as that.
CREATE FUNCTION allim.is_deep(data text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	brackets text;
BEGIN
	IF length(data) - length(translate(data, '[]{}', '')) <= 2 * 64 THEN
		RETURN false;
	END IF;
	brackets := regexp_replace(
		regexp_replace(data, '"(?:[^"\\]|\\.)*"', '', 'g'), '[^][{}]+', '', 'g');
	FOR level IN 1..64 LOOP
		brackets := regexp_replace(brackets, '\[\]|\{\}', '', 'g');
	END LOOP;
	RETURN brackets <> '';
END
$$;

-- What is wrong with data, or NULL. What is very long is not looked at: triggers have cut it.
CREATE FUNCTION allim.flaw_of_data(data text, is_checked boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN data IS NULL OR data = '' THEN NULL
		WHEN octet_length(data) > 1048576 THEN 'has more than 65536 bytes'
		WHEN NOT is_checked AND NOT allim.is_json(data) THEN 'is no JSON'
		WHEN octet_length(data) > 65536 AND octet_length(allim.compact(data)) > 65536
			THEN 'has more than 65536 bytes'
		WHEN allim.is_deep(data) THEN 'has more than 64 levels'
	END
$$;

CREATE FUNCTION allim.fit_data(data text, is_checked boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN allim.flaw_of_data(data, is_checked) IS NULL
		THEN coalesce(nullif(allim.compact(data), 'null'), '') ELSE '' END
$$;

-- Microseconds, or NULL for a time that no notification can be of.
CREATE FUNCTION allim.fit_time(at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN at > '1970-01-01 00:00:00+00' AND at <= statement_timestamp()
		THEN (extract(epoch FROM at) * 1000000)::bigint END
$$;

-- What of a row that was noted cannot stand in a notification, or NULL.
CREATE FUNCTION allim.complaint(name text, title text, body text, link text, data text,
	is_checked boolean)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN name IS NULL OR name = '' THEN 'it has no user, and was left out'
		WHEN octet_length(name) > 255 THEN 'its user has more than 255 bytes; it was left out'
		WHEN NOT allim.is_name(name) THEN 'its user has a control character; it was left out'
		WHEN octet_length(title) > 500 THEN 'its title was cut after 500 bytes'
		WHEN octet_length(body) > 10000 THEN 'its body was cut after 10000 bytes'
		WHEN octet_length(link) > 2000 THEN 'its link has more than 2000 bytes; it was left out'
		ELSE 'its data ' || allim.flaw_of_data(data, is_checked) || '; it was left out'
	END
$$;

-- One warning for all of them, because the application's own statement must not fail.
CREATE FUNCTION allim.warn(noted bigint, complaints text[], which bigint, source text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	place text := (
		SELECT a.name || coalesce(', row ' || warn.source, '') || ': '
		FROM allim.adopted a WHERE a.number = which);
BEGIN
	RAISE WARNING 'allim: % of % notifications cannot be delivered as they are: %',
		cardinality(complaints), noted, coalesce(place, '') || complaints[1];
END
$$;

-- Publishes to locked inboxes what was noted. Returns the ids of what has been read already.
CREATE FUNCTION allim.publish_pending() RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
	noted bigint;
	complaints text[];
	flawed_adopted bigint;
	flawed_source text;
	names text[];
	types text[];
	titles text[];
	bodies text[];
	links text[];
	datas text[];
	priorities smallint[];
	expiries bigint[];
	times bigint[];
	adopted_numbers bigint[];
	sources text[];
	are_read boolean[];
	ids bigint[];
BEGIN
	WITH taken AS (
		DELETE FROM allim.pending p WHERE p.xid = pg_current_xact_id() AND p.kind = 0
		RETURNING p.*
	), checked AS (
		SELECT t.*, allim.is_name(t.name) AS is_good,
			allim.complaint(t.name, t.title, t.body, t.link, t.data, t.is_checked)
				AS complaint
		FROM taken t ORDER BY t.number
	)
	SELECT count(*), array_agg(c.complaint) FILTER (WHERE c.complaint IS NOT NULL),
		(array_agg(c.adopted) FILTER (WHERE c.complaint IS NOT NULL))[1],
		(array_agg(c.source) FILTER (WHERE c.complaint IS NOT NULL))[1],
		array_agg(c.name) FILTER (WHERE c.is_good),
		array_agg(allim.fit_type(c.type)) FILTER (WHERE c.is_good),
		array_agg(allim.fit_title(c.title, c.type)) FILTER (WHERE c.is_good),
		array_agg(allim.fit(c.body, 10000)) FILTER (WHERE c.is_good),
		array_agg(allim.fit_link(c.link)) FILTER (WHERE c.is_good),
		array_agg(allim.fit_data(c.data, c.is_checked)) FILTER (WHERE c.is_good),
		array_agg(c.priority) FILTER (WHERE c.is_good),
		array_agg(c.expires_at) FILTER (WHERE c.is_good),
		array_agg(allim.fit_time(c.created_at)) FILTER (WHERE c.is_good),
		array_agg(c.adopted) FILTER (WHERE c.is_good),
		array_agg(c.source) FILTER (WHERE c.is_good),
		array_agg(c.is_read) FILTER (WHERE c.is_good)
	INTO noted, complaints, flawed_adopted, flawed_source, names, types, titles, bodies, links,
		datas, priorities, expiries, times, adopted_numbers, sources, are_read
	FROM checked c;
	IF complaints IS NOT NULL THEN
		PERFORM allim.warn(noted, complaints, flawed_adopted, flawed_source);
	END IF;
	IF names IS NULL THEN
		RETURN '{}';
	END IF;
	ids := ARRAY(
		SELECT a.id FROM allim.append(ARRAY(SELECT generate_series(1, cardinality(names))),
			names, types, titles, bodies, links, datas, priorities, expiries, NULL, '{}',
			'{}', '{}', '{}', '{}', times) AS a);
	-- The application may empty its table and count from 1 again.
	INSERT INTO allim.adopted_row (adopted, source, notification_id)
	SELECT DISTINCT ON (r.adopted, r.source) r.adopted, r.source, r.id
	FROM unnest(adopted_numbers, sources, ids) WITH ORDINALITY AS r (adopted, source, id, place)
	WHERE r.source IS NOT NULL
	ORDER BY r.adopted, r.source, r.place DESC
	ON CONFLICT (adopted, source) DO UPDATE SET notification_id = excluded.notification_id;
	RETURN ARRAY(
		SELECT r.id FROM unnest(ids, are_read) AS r (id, is_read) WHERE r.is_read);
END
$$;

-- What happened to a row in this transaction becomes one thing: a publish takes in what came after
-- it, or was nothing where the row is gone again; of several corrections the last one counts.
CREATE FUNCTION allim.fold_pending() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	WITH event AS MATERIALIZED (
		SELECT p.adopted, p.source, p.number, p.kind,
			count(*) FILTER (WHERE p.kind = 0) OVER (
				PARTITION BY p.adopted, p.source ORDER BY p.number) AS life
		FROM allim.pending p
		WHERE p.xid = pg_current_xact_id() AND p.source IS NOT NULL
	), life AS MATERIALIZED (
		SELECT e.adopted, e.source, e.life, array_agg(e.number) AS numbers,
			max(e.number) FILTER (WHERE e.kind = 0) AS publish,
			max(e.number) FILTER (WHERE e.kind = 1) AS correction,
			max(e.number) FILTER (WHERE e.kind = 2) AS withdrawal,
			bool_or(e.kind = 3) AS is_read
		FROM event e GROUP BY e.adopted, e.source, e.life HAVING count(*) > 1
	), corrected AS (
		UPDATE allim.pending p
		SET name = coalesce(c.name, p.name), type = coalesce(c.type, p.type),
			title = coalesce(c.title, p.title), body = coalesce(c.body, p.body),
			link = coalesce(c.link, p.link), data = coalesce(c.data, p.data),
			is_read = p.is_read OR l.is_read
		FROM life l
		LEFT JOIN allim.pending c ON c.xid = pg_current_xact_id() AND c.adopted = l.adopted
			AND c.source = l.source AND c.number = l.correction
		WHERE p.xid = pg_current_xact_id() AND p.adopted = l.adopted AND p.source = l.source
			AND p.number = l.publish AND l.withdrawal IS NULL
	)
	DELETE FROM allim.pending p
	USING life l
	WHERE p.xid = pg_current_xact_id() AND p.adopted = l.adopted AND p.source = l.source
		AND p.number = ANY (l.numbers)
		AND CASE
			WHEN l.publish IS NOT NULL THEN l.withdrawal IS NOT NULL OR p.kind <> 0
			WHEN l.withdrawal IS NOT NULL THEN p.number <> l.withdrawal
			ELSE p.kind = 1 AND p.number <> l.correction
		END;
END
$$;

-- A row that has another user now is a new notification. Returns the old ones.
CREATE FUNCTION allim.move_pending() RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
	ids bigint[];
BEGIN
	WITH moved AS (
		UPDATE allim.pending p SET kind = 0
		FROM allim.adopted_row r
		JOIN allim.notification n ON n.id = r.notification_id
		JOIN allim.inbox i ON i.id = n.inbox_id
		WHERE p.xid = pg_current_xact_id() AND p.kind = 1 AND r.adopted = p.adopted
			AND r.source = p.source AND i.name IS DISTINCT FROM p.name
		RETURNING r.notification_id
	)
	SELECT array_agg(m.notification_id) INTO ids FROM moved m;
	RETURN coalesce(ids, '{}');
END
$$;

CREATE FUNCTION allim.correct_pending() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	noted bigint := 0;
	complaints text[] := '{}';
	flawed allim.pending;
	c record;
BEGIN
	FOR c IN
		WITH taken AS (
			DELETE FROM allim.pending p WHERE p.xid = pg_current_xact_id() AND p.kind = 1
			RETURNING p.*
		)
		SELECT t.*, r.notification_id, allim.complaint(t.name, t.title, t.body, t.link, t.data,
			t.is_checked) AS complaint
		FROM taken t
		JOIN allim.adopted_row r ON r.adopted = t.adopted AND r.source = t.source
		ORDER BY t.number
	LOOP
		PERFORM allim.correct(c.notification_id, allim.fit_type(c.type),
			allim.fit_title(c.title, c.type),
			CASE WHEN c.body IS NOT NULL THEN allim.fit(c.body, 10000) END,
			CASE WHEN c.link IS NOT NULL THEN allim.fit_link(c.link) END,
			CASE WHEN c.data IS NOT NULL THEN allim.fit_data(c.data, c.is_checked) END,
			NULL, NULL);
		noted := noted + 1;
		IF c.complaint IS NOT NULL THEN
			complaints := complaints || c.complaint;
			flawed.adopted := coalesce(flawed.adopted, c.adopted);
			flawed.source := coalesce(flawed.source, c.source);
		END IF;
	END LOOP;
	IF cardinality(complaints) > 0 THEN
		PERFORM allim.warn(noted, complaints, flawed.adopted, flawed.source);
	END IF;
END
$$;

-- Marks as read what is not.
CREATE FUNCTION allim.mark_pending(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	owner record;
BEGIN
	FOR owner IN
		SELECT i.name, array_agg(o.id ORDER BY o.id) AS ids
		FROM allim.own o
		JOIN allim.inbox i ON i.id = o.inbox_id
		WHERE o.id = ANY (mark_pending.ids) AND o.read_at = 0 AND o.withdrawn_at = 0
		GROUP BY i.name
	LOOP
		PERFORM allim.mark(owner.name, 1::smallint, owner.ids);
	END LOOP;
END
$$;

-- The notifications that rows became of which something of that kind was noted.
CREATE FUNCTION allim.pending_ids(wanted smallint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
	SELECT ARRAY(
		SELECT DISTINCT r.notification_id
		FROM allim.pending p
		JOIN allim.adopted_row r ON r.adopted = p.adopted AND r.source = p.source
		WHERE p.xid = pg_current_xact_id() AND p.kind = wanted)
$$;

-- Does what the transaction noted, at its first firing; later ones find nothing. The settings are for
-- plans that are right for one row and for ten thousand, however small a table was when they were
-- made. What is switched off counts as so expensive that it would be compiled, hence jit; and arrays
-- that a plan holds as constants would be read from their beginning for every element.
CREATE FUNCTION allim.settle() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
	changes boolean;
	corrected bigint[] := '{}';
	withdrawn bigint[] := '{}';
	are_read bigint[] := '{}';
	names text[];
BEGIN
	SELECT bool_or(p.kind <> 0) INTO changes
	FROM allim.pending p WHERE p.xid = pg_current_xact_id();
	IF changes IS NULL THEN
		RETURN NULL;
	END IF;
	IF changes THEN
		PERFORM allim.fold_pending();
		withdrawn := allim.move_pending() || allim.pending_ids(2::smallint);
		corrected := allim.pending_ids(1::smallint);
		are_read := allim.pending_ids(3::smallint);
	END IF;
	names := ARRAY(
		SELECT DISTINCT p.name FROM allim.pending p
		WHERE p.xid = pg_current_xact_id() AND p.kind = 0 AND allim.is_name(p.name));
	PERFORM allim.lock_inboxes(names, '{}', corrected || withdrawn || are_read);
	IF changes THEN
		PERFORM allim.withdraw(withdrawn);
		DELETE FROM allim.adopted_row r WHERE r.notification_id = ANY (withdrawn);
		PERFORM allim.correct_pending();
		DELETE FROM allim.pending p WHERE p.xid = pg_current_xact_id() AND p.kind > 1;
	END IF;
	are_read := are_read || allim.publish_pending();
	IF cardinality(are_read) > 0 THEN
		PERFORM allim.mark_pending(are_read);
	END IF;
	IF EXISTS (SELECT FROM allim.adopted a WHERE a.notifies) THEN
		PERFORM pg_notify('allim_hints', '');
	END IF;
	RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER settle AFTER INSERT ON allim.pending
	DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (NEW.wakes) EXECUTE FUNCTION allim.settle();

CREATE FUNCTION allim.forget_adopted() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
	DELETE FROM allim.adopted_row r
	WHERE r.notification_id = ANY (ARRAY(SELECT f.id FROM forgotten f));
	RETURN NULL;
END
$$;

CREATE TRIGGER forget_adopted AFTER DELETE ON allim.notification
	REFERENCING OLD TABLE AS forgotten
	FOR EACH STATEMENT EXECUTE FUNCTION allim.forget_adopted();

-- Marks rows of an adopted table, by the function that was made for it; where the table is locked,
-- later. What is wrong with the application's table must not keep users from reading.
CREATE FUNCTION allim.mark_adopted(which bigint, sources text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	place text := (
		SELECT a.source::text FROM allim.adopted a JOIN pg_class c ON c.oid = a.source
		WHERE a.number = which);
BEGIN
	IF place IS NOT NULL AND cardinality(sources) > 0 THEN
		EXECUTE format('SELECT allim.adopted_%s_read($1)', which) USING sources;
	END IF;
EXCEPTION
WHEN lock_not_available OR deadlock_detected THEN
	INSERT INTO allim.adopted_late (adopted, source) SELECT which, unnest(sources)
	ON CONFLICT DO NOTHING;
WHEN OTHERS THEN
	RAISE WARNING 'allim: % rows of % cannot be marked as read: %', cardinality(sources), place,
		SQLERRM;
END
$$;

-- Of single notifications, for the table whose number is the argument.
CREATE FUNCTION allim.mirror_marks() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
BEGIN
	PERFORM allim.mark_adopted(TG_ARGV[0]::bigint, ARRAY(
		SELECT r.source FROM allim.adopted_row r
		WHERE r.adopted = TG_ARGV[0]::bigint AND r.notification_id = ANY (ARRAY(
			SELECT n.id FROM after_change n WHERE n.read_at <> 0
			EXCEPT
			SELECT o.id FROM before_change o WHERE o.read_at <> 0))));
	RETURN NULL;
END
$$;

-- Of everything, which touches no notifications.
CREATE FUNCTION allim.mirror_mark_of_all() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
BEGIN
	PERFORM allim.mark_adopted(TG_ARGV[0]::bigint, ARRAY(
		SELECT r.source
		FROM allim.notification n
		JOIN allim.adopted_row r ON r.notification_id = n.id
			AND r.adopted = TG_ARGV[0]::bigint
		WHERE n.inbox_id = NEW.id AND n.seq > OLD.read_seq AND n.read_at = 0
			AND n.withdrawn_at = 0
		ORDER BY n.id DESC LIMIT 10000));
	RETURN NULL;
END
$$;

-- Marks what was locked before, at most so many of each table.
CREATE FUNCTION allim.mark_late(most integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	late record;
BEGIN
	FOR late IN
		WITH taken AS (
			DELETE FROM allim.adopted_late l WHERE (l.adopted, l.source) IN (
				SELECT t.adopted, t.source FROM allim.adopted_late t LIMIT most)
			RETURNING l.adopted, l.source
		)
		SELECT t.adopted, array_agg(t.source) AS sources FROM taken t GROUP BY t.adopted
	LOOP
		PERFORM allim.mark_adopted(late.adopted, late.sources);
	END LOOP;
END
$$;

-- Publishes to several users, or to one, in the caller's transaction. What is wrong is an error,
-- because the caller asked.
CREATE FUNCTION allim.publish(users text[], type text, title text, body text DEFAULT '',
	link text DEFAULT '', data jsonb DEFAULT NULL, priority text DEFAULT 'normal',
	expires_at timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on SET enable_seqscan = off SET jit = off AS $$
DECLARE
	level integer := array_position(ARRAY['low', 'normal', 'high', 'urgent'], publish.priority) - 1;
	compact text := allim.compact(publish.data::text);
	expiry bigint := 0;
	complaint text := CASE
		WHEN users IS NULL THEN 'the users are NULL; give an array of names'
		WHEN EXISTS (SELECT FROM unnest(users) u WHERE allim.is_name(u) IS NOT TRUE)
			THEN 'a user is a name of 1 to 255 bytes without control characters'
		WHEN coalesce(publish.type, '') = '' THEN 'the type is missing'
		WHEN octet_length(publish.type) > 64 THEN 'the type is longer than 64 bytes'
		WHEN publish.type <> allim.fit_type(publish.type)
			THEN 'the type has a control character'
		WHEN coalesce(publish.title, '') = '' THEN 'the title is missing'
		WHEN octet_length(publish.title) > 500 THEN 'the title is longer than 500 bytes'
		WHEN octet_length(publish.body) > 10000 THEN 'the body is longer than 10000 bytes'
		WHEN octet_length(publish.link) > 2000 THEN 'the link is longer than 2000 bytes'
		WHEN octet_length(compact) > 65536 THEN 'the data is longer than 65536 bytes'
		WHEN allim.is_deep(compact) THEN 'the data has more than 64 levels'
		WHEN level IS NULL THEN 'the priority is not low, normal, high or urgent'
		WHEN publish.expires_at <= clock_timestamp() THEN 'expires_at is in the past'
		WHEN isfinite(publish.expires_at) AND publish.expires_at >= '10000-01-01 00:00:00+00'
			THEN 'expires_at is beyond the year 9999' END;
BEGIN
	IF complaint IS NOT NULL THEN
		RAISE EXCEPTION 'allim.publish: %', complaint USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF isfinite(publish.expires_at) THEN
		expiry := (extract(epoch FROM publish.expires_at) * 1000000)::bigint;
	END IF;
	INSERT INTO allim.pending (wakes, kind, name, type, title, body, link, data, priority,
		expires_at)
	SELECT row_number() OVER () = 1
			AND NOT EXISTS (SELECT FROM allim.pending p WHERE p.xid = pg_current_xact_id()),
		0, u.name, publish.type, publish.title, publish.body, publish.link, compact, level,
		expiry
	FROM (
		SELECT n.name FROM unnest(users) WITH ORDINALITY AS n (name, place)
		GROUP BY n.name ORDER BY min(n.place)
	) u;
END
$$;

CREATE FUNCTION allim.publish(user_name text, type text, title text, body text DEFAULT '',
	link text DEFAULT '', data jsonb DEFAULT NULL, priority text DEFAULT 'normal',
	expires_at timestamptz DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
	SELECT allim.publish(ARRAY[user_name], type, title, body, link, data, priority, expires_at)
$$;

