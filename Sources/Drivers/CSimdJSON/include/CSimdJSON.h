// simdjson behind a plain C interface: one call parses a text into simdjson's tape, which Swift then walks.
//
// The tape is described in https://github.com/simdjson/simdjson/blob/master/doc/tape.md: 64-bit words whose top byte
// is the kind and whose other 56 bits are a payload; numbers take a second word.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One simdjson DOM parser with its buffers; not thread safe.
typedef struct csimdjson_parser csimdjson_parser;

/// Why a text was refused.
typedef enum csimdjson_fault {
    csimdjson_ok = 0,
    csimdjson_syntax = 1,
    csimdjson_utf8 = 2,
    csimdjson_depth = 3,
    csimdjson_number = 4,
    csimdjson_empty = 5,
    csimdjson_memory = 6,
} csimdjson_fault;

/// The parsed text: valid until the parser's next use.
typedef struct csimdjson_tape {
    const uint64_t *words;    // words[0] is the root, words[1] the value
    const uint8_t *strings;   // a string's payload is an offset in here: 32-bit length, bytes, zero byte
    csimdjson_fault fault;    // unless it is csimdjson_ok, the pointers are null
} csimdjson_tape;

/// NULL when there is no memory.
csimdjson_parser *csimdjson_parser_new(void);
void csimdjson_parser_free(csimdjson_parser *parser);

/// A parser that belongs to the calling thread and lives as long as it; NULL when there is no memory.
csimdjson_parser *csimdjson_parser_of_thread(void);

/// Parses `length` bytes, which need no padding and are not kept.
csimdjson_tape csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif
#endif
