-- Version 3 of the functions: what a node has given up does not happen later.

-- The last statement before a commit, when all locks are held: whoever repeats this transaction
-- waits behind it, or it is refused. The clock, for the next one.
CREATE FUNCTION allim.in_time(until bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	present bigint := allim.now();
BEGIN
	IF present > until THEN
		RAISE EXCEPTION 'it came too late: its node has given it up' USING ERRCODE = 'query_canceled';
	END IF;
	RETURN present;
END
$$;
