-- Topics. `subscription` is the truth; `topic` counts each topic's members, so that lists
-- and limits need not.

CREATE TABLE allim.topic (
	name text COLLATE "C" PRIMARY KEY,
	members bigint NOT NULL -- never 0
);

CREATE TABLE allim.subscription (
	topic text COLLATE "C" NOT NULL,
	member text COLLATE "C" NOT NULL,
	since bigint NOT NULL,
	PRIMARY KEY (topic, member)
);

CREATE INDEX subscription_member ON allim.subscription (member, topic);

-- Whom publishes to topics reached, as store_members.h packs it.
ALTER TABLE allim.idempotency ADD COLUMN members bytea NOT NULL DEFAULT '';

-- Whoever changes subscriptions waits for those who do: so counts are exact and limits hold. The lock
-- comes behind those of inboxes, so that nobody who holds it waits for one. Any number will do that
-- nobody else locks: this one is "topic" in ASCII.
CREATE FUNCTION allim.lock_topics() RETURNS void LANGUAGE sql AS $$
	SELECT pg_advisory_xact_lock(500085844323)
$$;

-- Puts users on a topic. Answers how many were not yet; or else, with nothing done, the first user
-- who would have more than `most_topics` topics, or the empty name where the topic would have more
-- than `most_members` (0: any number).
CREATE FUNCTION allim.subscribe(which text, users text[], most_members bigint, most_topics bigint)
RETURNS TABLE (changed bigint, full_user text)
LANGUAGE plpgsql
SET enable_seqscan TO off SET jit TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
	newcomers text[];
	full_one text;
BEGIN
	PERFORM allim.lock_topics();
	newcomers := ARRAY(
		SELECT u.name FROM unnest(users) WITH ORDINALITY AS u (name, place)
		WHERE NOT EXISTS (
			SELECT FROM allim.subscription s
			WHERE s.topic = which COLLATE "C" AND s.member = u.name COLLATE "C")
		GROUP BY u.name ORDER BY min(u.place));
	IF newcomers = '{}' THEN
		RETURN QUERY SELECT 0::bigint, NULL::text;
		RETURN;
	END IF;
	SELECT n.name INTO full_one FROM unnest(newcomers) WITH ORDINALITY AS n (name, place)
	WHERE most_topics > 0 AND most_topics <= (
		SELECT count(*) FROM allim.subscription s WHERE s.member = n.name COLLATE "C")
	ORDER BY n.place LIMIT 1;
	IF full_one IS NULL AND most_members > 0 AND most_members < cardinality(newcomers) + coalesce(
		(SELECT t.members FROM allim.topic t WHERE t.name = which COLLATE "C"), 0) THEN
		full_one := '';
	END IF;
	IF full_one IS NULL THEN
		INSERT INTO allim.subscription (topic, member, since)
		SELECT which, n.name, allim.now() FROM unnest(newcomers) AS n (name);
		INSERT INTO allim.topic AS t (name, members) VALUES (which, cardinality(newcomers))
		ON CONFLICT (name) DO UPDATE SET members = t.members + excluded.members;
	END IF;
	RETURN QUERY SELECT CASE WHEN full_one IS NULL THEN cardinality(newcomers)::bigint ELSE 0 END,
		full_one;
END
$$;

-- Takes users off a topic. Answers how many were on it.
CREATE FUNCTION allim.unsubscribe(which text, users text[]) RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan TO off SET jit TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
	gone bigint;
BEGIN
	PERFORM allim.lock_topics();
	DELETE FROM allim.subscription s
	WHERE s.topic = which COLLATE "C" AND s.member = ANY (users);
	GET DIAGNOSTICS gone = ROW_COUNT;
	UPDATE allim.topic t SET members = t.members - gone WHERE t.name = which COLLATE "C";
	DELETE FROM allim.topic t WHERE t.name = which COLLATE "C" AND t.members = 0;
	RETURN gone;
END
$$;

-- The members of topics, of one after the other and by name, at most `most` in all: `place` says
-- which topic, from 1.
CREATE FUNCTION allim.members(topics text[], most bigint) RETURNS TABLE (place integer, member text)
LANGUAGE plpgsql STABLE
SET enable_seqscan TO off SET jit TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
	left_over bigint := most;
	found_now bigint;
BEGIN
	FOR i IN 1 .. cardinality(topics) LOOP
		RETURN QUERY
		SELECT i, s.member FROM allim.subscription s
		WHERE s.topic = topics[i] COLLATE "C" ORDER BY s.member LIMIT left_over;
		GET DIAGNOSTICS found_now = ROW_COUNT;
		left_over := left_over - found_now;
		EXIT WHEN left_over <= 0;
	END LOOP;
END
$$;

-- Keeps whom a publish with a key reached. One that reached nobody keeps a 0 for its ids, because a
-- key without any was only claimed.
CREATE FUNCTION allim.keep_members(of_publisher text, of_key text, of_note text, reached bytea)
RETURNS void LANGUAGE sql AS $$
	UPDATE allim.idempotency o
	SET members = reached, note = of_note, ids = CASE o.ids WHEN '{}' THEN '{0}' ELSE o.ids END
	WHERE o.publisher = of_publisher COLLATE "C" AND o.key = of_key COLLATE "C"
$$;
