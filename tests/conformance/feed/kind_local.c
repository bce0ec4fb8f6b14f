/* Feeds without a server of their own. */
#include "conformance/feed/conformance.h"

const struct conformance_kind conformance_local = {
    .name = "local",
    .ops = &local_feed_ops,
};

const struct conformance_kind conformance_dbpoll = {
    .name = "dbpoll",
    .ops = &dbpoll_feed_ops,
};
