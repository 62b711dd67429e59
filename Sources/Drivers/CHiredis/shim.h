// hiredis 0.14: only its reply reader and its command formatter are used, over sockets of our own.
#ifndef CHIREDIS_SHIM_H
#define CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <sys/eventfd.h>

// Swift's Glibc module leaves eventfd out; a connection's thread is woken with one.
static inline int chiredis_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

#endif
