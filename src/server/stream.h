/* A held connection that receives its user's inbox change by change, over any holding wire. */
#ifndef ALLIM_SERVER_STREAM_H
#define ALLIM_SERVER_STREAM_H

struct worker;

/* Sends every stream of the worker its count: after a broadcast was taken back, for one. */
void stream_count_all(struct worker *worker);

/* At the end of a turn: sends those streams their count that could not be told it before. */
void stream_count_owed(struct worker *worker);

/* Forgets the encoded bytes of a change that is about to be gone. */
void stream_forget_frame(struct worker *worker);

#endif
