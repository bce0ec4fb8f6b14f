/* What PostgreSQL's catalog says of a table. */
#ifndef ALLIM_SURVEY_SURVEY_POSTGRES_TABLE_H
#define ALLIM_SURVEY_SURVEY_POSTGRES_TABLE_H

#include "survey/survey_database.h"
#include "survey/survey_postgres_session.h"

/* The errors are those of survey_database_ops. */
int survey_postgres_table_describe(struct survey_postgres_session *session,
				   const struct survey_table *table,
				   struct survey_source *ret_source, struct error *error);

/* The rows that the planner expects of a query, whose SQL ends the buffer's text. The buffer is
 * emptied. */
int survey_postgres_table_estimate(struct survey_postgres_session *session, struct buffer *sql,
				   double *ret_rows, struct error *error);

#endif
