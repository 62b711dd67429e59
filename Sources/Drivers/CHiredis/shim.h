// hiredis 0.14: only its reply reader and its command formatter are used, over sockets of our own.
#ifndef CHIREDIS_SHIM_H
#define CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#endif
