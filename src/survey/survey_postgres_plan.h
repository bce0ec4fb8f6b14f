/* The query for new notifications, run and explained by PostgreSQL. */
#ifndef ALLIM_SURVEY_SURVEY_POSTGRES_PLAN_H
#define ALLIM_SURVEY_SURVEY_POSTGRES_PLAN_H

#include "survey/survey_database.h"
#include "survey/survey_postgres_session.h"

/* The errors are those of survey_database_ops. */
int survey_postgres_plan_explain(struct survey_postgres_session *session,
				 const struct survey_source *source, int64_t from,
				 struct survey_plan *ret_plan, struct error *error);

#endif
