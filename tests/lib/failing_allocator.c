/* The linker sends every malloc() of ours to __wrap_malloc() and so on; those count down, and at
 * zero one of them fails. A countdown that has run out goes on below zero and fails nothing more.
 */
#include "lib/failing_allocator.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Atomic bool running;
static _Atomic int left;

void failing_allocator_fail_at(unsigned n)
{
	atomic_store(&left, n > INT_MAX ? INT_MAX : (int)n);
	atomic_store(&running, true);
}

bool failing_allocator_reset(void)
{
	atomic_store(&running, false);
	return atomic_load(&left) <= 0;
}

static bool fails_now(void)
{
	if (!atomic_load(&running) || atomic_fetch_sub(&left, 1) != 1)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

void failing_allocator_adopt_jansson(void)
{
	json_set_alloc_funcs(__wrap_malloc, free);
}
