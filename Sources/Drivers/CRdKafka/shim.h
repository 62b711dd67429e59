#ifndef APPOINTMENTS_CRDKAFKA_SHIM_H
#define APPOINTMENTS_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/* rd_kafka_producev() with every field, because Swift cannot call a variadic function.
 *
 * key and value are copied. headers become librdkafka's on success and stay the caller's on failure. timestamp_ms 0
 * means now. opaque comes back in the delivery report. It never blocks: a full queue is ERR__QUEUE_FULL. */
static inline rd_kafka_resp_err_t crdkafka_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                                   const void *key, size_t key_size, const void *value,
                                                   size_t value_size, rd_kafka_headers_t *headers,
                                                   int64_t timestamp_ms, void *opaque) {
    return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_size),
                             RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

/* RD_KAFKA_OFFSET_BEGINNING as a typed constant. */
static inline int64_t crdkafka_offset_beginning(void) { return RD_KAFKA_OFFSET_BEGINNING; }

/* RD_KAFKA_OFFSET_END as a typed constant. */
static inline int64_t crdkafka_offset_end(void) { return RD_KAFKA_OFFSET_END; }

/* RD_KAFKA_OFFSET_STORED as a typed constant: where the group committed. */
static inline int64_t crdkafka_offset_stored(void) { return RD_KAFKA_OFFSET_STORED; }

/* Makes the in-process broker answer the next `count` produce requests (API key 0) with `error`. */
static inline void crdkafka_mock_fail_produce(rd_kafka_mock_cluster_t *cluster, rd_kafka_resp_err_t error,
                                              size_t count) {
    for (size_t i = 0; i < count; i++) rd_kafka_mock_push_request_errors_array(cluster, 0, 1, &error);
}

#endif
