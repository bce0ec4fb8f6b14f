/* For functions that a test program replaces with the linker's --wrap: what was there before is
 * __real_NAME, and takes its place __wrap_NAME. A wrapper that no longer fits what it wraps does
 * not compile. */
#ifndef ALLIM_TESTS_WRAPPED_H
#define ALLIM_TESTS_WRAPPED_H

#define WRAPPED(function)                       \
	__typeof__(function) __real_##function; \
	__typeof__(function) __wrap_##function

#endif
