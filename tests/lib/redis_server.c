/* A port is free when binding it works; between that and the server's own bind another test might
 * take it, so a server that ends at its first start gets another port and starts again. */
#include "lib/redis_server.h"

#include "lib/assertions.h"
#include "lib/certificates.h"
#include "lib/free_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	TRIES = 20,
	LAST_SLOT = 16383,
	ID_BYTES = 40,
};

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

void redis_server_init(struct redis_server *server)
{
	*server = (struct redis_server){.guard = guard_create("allim-redis", NULL)};
	server->port = free_port_find();
}

void redis_server_add(struct redis_server *server, const char *setting)
{
	assert_true(server->setting_count < REDIS_SERVER_SETTINGS);
	server->settings[server->setting_count++] = setting;
}

void redis_server_path(const struct redis_server *server, const char *name,
		       char ret_path[static REDIS_SERVER_PATH_BYTES])
{
	int length =
	    snprintf(ret_path, REDIS_SERVER_PATH_BYTES, "%s/%s", guard_folder(server->guard), name);

	assert_true(length > 0 && length < REDIS_SERVER_PATH_BYTES);
}

void redis_server_use_tls(struct redis_server *server)
{
	certificates_make(server->guard);
	server->tls_port = free_port_find();
}

static void write_configuration(const struct redis_server *server)
{
	char path[REDIS_SERVER_PATH_BYTES];
	FILE *file;

	redis_server_path(server, "redis.conf", path);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "port %u\nbind 127.0.0.1\nsave \"\"\nappendonly no\n", server->port);
	if (server->tls_port != 0)
		fprintf(file,
			"tls-port %u\ntls-cert-file server.pem\ntls-key-file server.key\n"
			"tls-ca-cert-file ca.pem\ntls-auth-clients no\n",
			server->tls_port);
	if (server->bus_port != 0)
		fprintf(file, "cluster-port %u\n", server->bus_port);
	for (size_t i = 0; i < server->setting_count; i++)
		fprintf(file, "%s\n", server->settings[i]);
	assert_int_equal(fclose(file), 0);
}

static redisContext *connect_to(const struct redis_server *server)
{
	redisContext *context =
	    redisConnectWithTimeout("127.0.0.1", server->port, (struct timeval){.tv_sec = 5});

	if (context != NULL && context->err == 0)
		return context;
	redisFree(context);
	return NULL;
}

static bool answers(const struct redis_server *server)
{
	redisContext *context = connect_to(server);
	redisReply *reply = context == NULL ? NULL : redisCommand(context, "PING");
	bool answered = reply != NULL;

	freeReplyObject(reply);
	redisFree(context);
	return answered;
}

/* True when it answers, false when it has ended instead. */
static bool start_once(struct redis_server *server)
{
	const char *command[] = {"/usr/bin/redis-server", "redis.conf", NULL};

	write_configuration(server);
	guard_start(server->guard, command);
	while (!answers(server)) {
		if (!guard_is_busy(server->guard))
			return false;
		pause_shortly();
	}
	return true;
}

void redis_server_start(struct redis_server *server)
{
	for (int i = 0; i < TRIES; i++) {
		if (start_once(server)) {
			server->has_run = true;
			return;
		}
		if (!server->has_run)
			server->port = free_port_find();
		pause_shortly();
	}
	fail_msg("redis-server does not start: %s", guard_log(server->guard));
}

void redis_server_kill(struct redis_server *server)
{
	guard_kill(server->guard);
}

void redis_server_freeze(struct redis_server *server)
{
	guard_freeze(server->guard);
}

void redis_server_thaw(struct redis_server *server)
{
	guard_thaw(server->guard);
}

void redis_server_finish(struct redis_server *server)
{
	guard_destroy(server->guard);
	server->guard = NULL;
}

static void authenticate(const struct redis_server *server, redisContext *context)
{
	redisReply *reply;

	if (server->password == NULL)
		return;
	reply = redisCommand(context, "AUTH %s", server->password);
	assert_non_null(reply);
	freeReplyObject(reply);
}

static redisReply *run_command(struct redis_server *server, const char *format, va_list arguments)
{
	redisContext *context = connect_to(server);
	redisReply *reply;

	assert_non_null(context);
	authenticate(server, context);
	reply = redisvCommand(context, format, arguments);
	assert_non_null(reply);
	redisFree(context);
	return reply;
}

redisReply *redis_server_command(struct redis_server *server, const char *format, ...)
{
	va_list arguments;
	redisReply *reply;

	va_start(arguments, format);
	reply = run_command(server, format, arguments);
	va_end(arguments);
	return reply;
}

long long redis_server_number(struct redis_server *server, const char *format, ...)
{
	va_list arguments;
	redisReply *reply;
	long long number;

	va_start(arguments, format);
	reply = run_command(server, format, arguments);
	va_end(arguments);
	if (reply->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", format, reply->str);
	number = reply->integer;
	freeReplyObject(reply);
	return number;
}

/* Cluster */

static void read_id(struct redis_server *server, char ret_id[static ID_BYTES + 1])
{
	redisReply *reply = redis_server_command(server, "CLUSTER MYID");

	assert_int_equal(reply->len, ID_BYTES);
	memcpy(ret_id, reply->str, ID_BYTES + 1);
	freeReplyObject(reply);
}

static bool is_whole(struct redis_server *server)
{
	redisReply *reply = redis_server_command(server, "CLUSTER INFO");
	bool whole = strstr(reply->str, "cluster_state:ok") != NULL &&
		     strstr(reply->str, "cluster_known_nodes:3") != NULL &&
		     strstr(reply->str, "cluster_slots_assigned:16384") != NULL;

	freeReplyObject(reply);
	return whole;
}

static void start_member(struct redis_server *server)
{
	redis_server_init(server);
	server->bus_port = free_port_find();
	redis_server_add(server, "cluster-enabled yes");
	redis_server_add(server, "cluster-require-full-coverage no");
	redis_server_add(server, "cluster-node-timeout 1000");
	redis_server_start(server);
}

void redis_cluster_start(struct redis_server servers[static REDIS_CLUSTER_SERVERS])
{
	for (int i = 0; i < REDIS_CLUSTER_SERVERS; i++) {
		int first = (LAST_SLOT + 1) * i / REDIS_CLUSTER_SERVERS;
		int last = (LAST_SLOT + 1) * (i + 1) / REDIS_CLUSTER_SERVERS - 1;

		start_member(&servers[i]);
		redis_server_number(&servers[i], "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
		redis_server_number(&servers[i], "CLUSTER ADDSLOTSRANGE %d %d", first, last);
		if (i > 0)
			redis_server_number(&servers[i], "CLUSTER MEET 127.0.0.1 %d %d",
					    servers[0].port, servers[0].bus_port);
	}
	for (int i = 0; i < REDIS_CLUSTER_SERVERS; i++) {
		while (!is_whole(&servers[i]))
			pause_shortly();
	}
}

void redis_cluster_finish(struct redis_server servers[static REDIS_CLUSTER_SERVERS])
{
	for (int i = 0; i < REDIS_CLUSTER_SERVERS; i++)
		redis_server_finish(&servers[i]);
}

/* Without keys in it, a slot moves when both owners are told, the new one first. */
void redis_cluster_move(struct redis_server servers[static REDIS_CLUSTER_SERVERS], unsigned slot,
			unsigned from, unsigned to)
{
	char id[ID_BYTES + 1];

	read_id(&servers[to], id);
	redis_server_number(&servers[to], "CLUSTER SETSLOT %u NODE %s", slot, id);
	redis_server_number(&servers[from], "CLUSTER SETSLOT %u NODE %s", slot, id);
}
