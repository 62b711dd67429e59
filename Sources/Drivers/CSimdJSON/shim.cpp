#include "CSimdJSON.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct csimdjson_parser {
    simdjson::dom::parser parser;
};

namespace {

/// A parser keeps buffers for the longest text that it has seen; above this a thread's parser starts afresh.
constexpr size_t kept_capacity_max = 1 << 20;

csimdjson_fault fault_of(simdjson::error_code code) {
    switch (code) {
    case simdjson::SUCCESS: return csimdjson_ok;
    case simdjson::UTF8_ERROR: return csimdjson_utf8;
    case simdjson::DEPTH_ERROR: return csimdjson_depth;
    case simdjson::NUMBER_ERROR: return csimdjson_number;
    case simdjson::EMPTY: return csimdjson_empty;
    case simdjson::MEMALLOC: return csimdjson_memory;
    case simdjson::CAPACITY: return csimdjson_memory;
    default: return csimdjson_syntax;
    }
}

}  // namespace

extern "C" csimdjson_parser *csimdjson_parser_new(void) {
    return new (std::nothrow) csimdjson_parser;
}

extern "C" void csimdjson_parser_free(csimdjson_parser *parser) {
    delete parser;
}

extern "C" csimdjson_parser *csimdjson_parser_of_thread(void) {
    thread_local std::unique_ptr<csimdjson_parser> own;
    if (own && own->parser.capacity() > kept_capacity_max) own.reset();
    if (!own) own.reset(csimdjson_parser_new());
    return own.get();
}

extern "C" csimdjson_tape csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t length) {
    // `true`: simdjson copies the bytes into its own buffer, because it reads up to 64 bytes past the end.
    const simdjson::error_code code = parser->parser.parse(bytes, length, true).error();
    if (code != simdjson::SUCCESS) return {nullptr, nullptr, fault_of(code)};
    return {parser->parser.doc.tape.get(), parser->parser.doc.string_buf.get(), csimdjson_ok};
}
