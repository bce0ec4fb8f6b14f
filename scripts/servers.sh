# shellcheck shell=bash
# PostgreSQL, Redis and other servers that a script starts for itself, to be sourced by it. All of them
# are on loopback, with data, passwords and logs in one folder, and end with the script.
#
# The script sets `folder`, calls servers_prepare, and may then
#   server_start NAME COMMAND...   run a command in the background; its log is NAME.log in the folder
#   server_await NAME COMMAND...   wait until that command succeeds, for the server started last
#   postgres_start PORT [FLAG...]  have a PostgreSQL; postgres_ask DATABASE SQL asks it something
#   redis_start PORT               have a Redis
#   kafka_start PORT PORT          have a Kafka; the second port is its controller's
#   rabbitmq_start PORT PORT PORT  have a RabbitMQ; the others are for itself and for its epmd
#   haproxy_start PORT NODES       have a load balancer for that many nodes: at PORT + 1, PORT + 2, ..., the
#                                  administrators' listeners 10 above
#   nodes_wait NODES               wait until no node is left, or another server ends
# ALLIM_STORE_PASSWORD and ALLIM_REDIS_PASSWORD are their passwords then, as nodes want to have them.
#
# PostgreSQL, Kafka and RabbitMQ do not run as root: for root they run as nobody, who must get into the
# folder.

beside=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) # the other scripts
PATH=$PATH:/usr/sbin # where Debian keeps haproxy, and where not everybody looks
servers=()
declare -A server_names=() # by pid
unprivileged=()
[ "$(id -u)" -ne 0 ] || unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)

fail() {
	echo "${0##*/}: $1" >&2
	exit 1
}

# The folder of the newest PostgreSQL: its server is not in PATH on Debian. Empty where there is none.
postgres_programs() {
	find /usr/lib/postgresql/*/bin -name postgres -printf '%h\n' 2>/dev/null | sort -V | tail -n 1
}

# Fails unless PostgreSQL, Redis and the commands named as command:package are there.
servers_require() {
	local pair
	for pair in "redis-server:redis-server" "setpriv:util-linux" "$@"; do
		command -v "${pair%%:*}" >/dev/null ||
			fail "${pair%%:*} is missing; run: scripts/install-dependencies cluster"
	done
	[ -n "$(postgres_programs)" ] ||
		fail "PostgreSQL's server is missing; run: scripts/install-dependencies cluster"
}

servers_prepare() {
	mkdir -p "$folder"
	# In a folder that everybody may write to, somebody else may have been first.
	[ -O "$folder" ] && [ ! -L "$folder" ] || fail "the folder $folder is not yours; remove it or choose another"
	chmod 711 "$folder"
	folder=$(realpath "$folder")
	trap servers_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# They end in the opposite order, so that nodes can still drain.
servers_stop() {
	local i
	trap - EXIT INT TERM
	for ((i = ${#servers[@]} - 1; i >= 0; i--)); do
		kill -TERM "${servers[i]}" 2>/dev/null || true
		wait "${servers[i]}" 2>/dev/null || true
	done
}

# Out of the terminal's reach: Ctrl-C is for the script alone.
server_start() {
	local name=$1
	shift
	setsid "$@" >"$folder/$name.log" 2>&1 &
	servers+=($!)
	server_names[$!]=$name
}

server_await() {
	local name=$1
	shift
	for _ in $(seq 600); do
		kill -0 "${servers[-1]}" 2>/dev/null || break
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	tail -n 5 "$folder/$name.log" >&2
	fail "$name did not start; see $folder/$name.log"
}

# Fails where somebody listens on one of these ports of loopback.
ports_require() {
	local port
	for port; do
		(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue
		fail "port $port is taken; end what listens there, such as an earlier run, or choose another PORT"
	done
}

# A port of loopback that nobody listens on now, below those that outgoing connections take.
free_port() {
	local port
	while port=$((15000 + RANDOM % 15000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}

# A secret that is made once and kept in a file of the folder.
server_secret() {
	[ -s "$folder/$1" ] || (umask 077 && head -c 32 /dev/urandom | base64 | tr -d '/+=\n' >"$folder/$1")
	cat "$folder/$1"
}

# A command line is seen by everybody, so the password goes through a file.
postgres_create() {
	rm -rf "$folder/postgres"
	mkdir -p "$folder/postgres"
	(umask 077 && echo "$ALLIM_STORE_PASSWORD" >"$folder/initdb.password")
	[ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$folder/postgres" "$folder/initdb.password"
	"${unprivileged[@]}" env --chdir="$folder" "$(postgres_programs)/initdb" --pgdata=postgres \
		--username=allim --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 \
		--pwfile=initdb.password >"$folder/initdb.log" 2>&1 ||
		fail "initdb failed; see $folder/initdb.log"
	rm "$folder/initdb.password"
}

# SIGTERM will have it wait for its clients: the nodes, which have ended by then.
postgres_start() {
	postgres_port=$1
	shift
	ALLIM_STORE_PASSWORD=$(server_secret postgres.password)
	export ALLIM_STORE_PASSWORD
	[ -s "$folder/postgres/PG_VERSION" ] || postgres_create
	server_start postgres "${unprivileged[@]}" env --chdir="$folder" "$(postgres_programs)/postgres" \
		-D postgres -p "$postgres_port" -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories= -c max_connections=100 "$@"
	server_await postgres postgres_ask postgres "SELECT 1"
}

postgres_ask() {
	PGCONNECT_TIMEOUT=2 PGPASSWORD=$ALLIM_STORE_PASSWORD psql --no-psqlrc --quiet --no-align --tuples-only \
		--host=127.0.0.1 --port="$postgres_port" --username=allim --dbname="$1" --command="$2"
}

redis_start() {
	ALLIM_REDIS_PASSWORD=$(server_secret redis.password)
	export ALLIM_REDIS_PASSWORD
	(umask 077 && cat >"$folder/redis.conf" <<-END
		bind 127.0.0.1
		port $1
		save ""
		appendonly no
		requirepass $ALLIM_REDIS_PASSWORD
	END
	)
	server_start redis redis-server "$folder/redis.conf"
	server_await redis env REDISCLI_AUTH="$ALLIM_REDIS_PASSWORD" redis-cli -p "$1" ping
}

# A Kafka, on a port and one for its controller. What it has stays in the folder. The program is
# fetched before (scripts/kafka fetch).
kafka_start() {
	server_start kafka "$beside/kafka" serve "$folder/kafka" "$1" "$2"
	server_await kafka grep "Kafka Server started" "$folder/kafka.log"
}

# A RabbitMQ, on a port, one for its own protocol and one for its epmd, which ends with it here. Its only
# user is guest. With a NOTIFY_SOCKET its script makes way for the server instead of waiting for it.
rabbitmq_start() {
	local own=$folder/rabbitmq
	mkdir -p "$own"
	cat >"$own/rabbitmq.conf" <<-END
		listeners.tcp.local = 127.0.0.1:$1
		log.console = true
		log.file = false
		disk_free_limit.absolute = 50MB
	END
	echo '[].' >"$own/enabled_plugins"
	[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$own"
	server_start epmd "${unprivileged[@]}" epmd -port "$3" -address 127.0.0.1
	server_start rabbitmq "${unprivileged[@]}" env --chdir="$own" HOME="$own" LC_ALL=C.UTF-8 \
		NOTIFY_SOCKET=/nonexistent ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$3" \
		RABBITMQ_NODENAME=allim@localhost RABBITMQ_DIST_PORT="$2" \
		RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$own/rabbitmq.conf" \
		RABBITMQ_ENABLED_PLUGINS_FILE="$own/enabled_plugins" RABBITMQ_MNESIA_BASE="$own/mnesia" \
		RABBITMQ_LOG_BASE="$own" RABBITMQ_LOGS=- \
		RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
		/usr/lib/rabbitmq/bin/rabbitmq-server
	server_await rabbitmq grep "Server startup complete" "$folder/rabbitmq.log"
}

# docs/cluster.md explains each line.
haproxy_start() {
	local port=$1 i
	cat >"$folder/haproxy.cfg" <<-END
		defaults
			mode http
			timeout connect 2s
			timeout client 75s
			timeout server 75s
			timeout http-request 10s
			option redispatch
			option abortonclose
			retries 3
		frontend public
			bind 127.0.0.1:$port
			default_backend nodes
		backend nodes
			balance leastconn
			option httpchk GET /health/ready
			http-check send hdr Host localhost
			default-server inter 2s fall 2 rise 1
	END
	for ((i = 1; i <= $2; i++)); do
		echo "	server node-$i 127.0.0.1:$((port + i)) check port $((port + 10 + i))"
	done >>"$folder/haproxy.cfg"
	server_start haproxy haproxy -db -f "$folder/haproxy.cfg"
	server_await haproxy curl --silent --fail "http://127.0.0.1:$port/"
}

# Nodes, whose names begin with `node-`, may end; that is what the others are for.
nodes_wait() {
	local running=$1 status ended name
	while [ "$running" -gt 0 ]; do
		status=0
		wait -n -p ended "${servers[@]}" || status=$?
		name=${server_names[$ended]}
		[[ $name = node-* ]] || fail "$name ended with status $status; see $folder/$name.log"
		mapfile -t servers < <(printf '%s\n' "${servers[@]}" | grep --invert-match --line-regexp "$ended")
		running=$((running - 1))
		echo "$name ended with status $status; nodes that go on: $running"
	done
	fail "all nodes have ended; see $folder/*.log"
}
