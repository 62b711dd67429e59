// librhonabwy (JOSE) and jansson (its JSON): flags that are macros in C become typed functions here.
#ifndef CRHONABWY_SHIM_H
#define CRHONABWY_SHIM_H

#include <jansson.h>
#include <rhonabwy.h>

// Strict: a name that appears twice is an error, and so is anything after the value.
static inline json_t *crhonabwy_parse_strictly(const void *bytes, size_t length) {
    json_error_t ignored;
    return json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, &ignored);
}

static inline void crhonabwy_release(json_t *value) { json_decref(value); }

// Nothing in a token's own header is ever taken as a key, and nothing is fetched from the network.
static inline int crhonabwy_parse_compact(jws_t *jws, const char *token, size_t length) {
    return r_jws_advanced_compact_parsen(jws, token, length, R_PARSE_NONE, R_FLAG_IGNORE_REMOTE);
}

static inline int crhonabwy_verify(jws_t *jws, jwk_t *key) {
    return r_jws_verify_signature(jws, key, R_FLAG_IGNORE_REMOTE);
}

#endif
