/* bare_produce BOOTSTRAP TOPIC RECORDS
 *
 * The limit of any relayer: librdkafka sends the records of a file from memory, idempotent and acknowledged by all
 * replicas, and prints records a second. The clock starts when a first record of each partition was acknowledged.
 *
 * RECORDS  a record: five 32-bit numbers (partition, bytes of the key, of the value, count of headers, 0), the key, the
 *          value, and per header two 32-bit lengths with the name and the value
 */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t acknowledged;

static void die(const char *what, const char *why) {
    fprintf(stderr, "bare_produce: %s: %s\n", what, why);
    exit(1);
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *context) {
    if (message->err) die("delivery", rd_kafka_err2str(message->err));
    acknowledged++;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[512];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) die(name, text);
}

static uint32_t number(const char **at) {
    uint32_t value;
    memcpy(&value, *at, 4);
    *at += 4;
    return value;
}

/* Sends the record at `at`; where the next one begins. */
static const char *produce(rd_kafka_t *client, const char *topic, const char *at) {
    uint32_t partition = number(&at), key_length = number(&at), value_length = number(&at), header_count = number(&at);
    number(&at);
    const char *key = at, *value = at + key_length;
    at = value + value_length;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(header_count);
    while (header_count--) {
        uint32_t name_length = number(&at), length = number(&at);
        rd_kafka_header_add(headers, at, name_length, at + name_length, length);
        at += name_length + length;
    }
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_producev(
            client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION((int32_t)partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_length),
            RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (!code) return at;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce", rd_kafka_err2str(code));
        rd_kafka_poll(client, 10);
    }
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: bare_produce BOOTSTRAP TOPIC RECORDS\n");
        return 2;
    }
    FILE *file = fopen(arguments[3], "r");
    if (!file) die(arguments[3], "cannot be read");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *records = malloc(size + 1);
    if (!records || fread(records, 1, size, file) != (size_t)size) die(arguments[3], "cannot be read");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", arguments[1]);
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set(conf, "linger.ms", "5");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "queue.buffering.max.kbytes", "2000000");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    char text[512];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!client) die("client", text);
    for (int32_t partition = 0; partition < 6; partition++) {
        rd_kafka_producev(client, RD_KAFKA_V_TOPIC(arguments[2]), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_VALUE("first", 5), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    }
    rd_kafka_flush(client, 30000);
    if (acknowledged != 6) die("first records", "not acknowledged within 30 s");
    double begin = now();
    int64_t sent = 0;
    for (const char *at = records; at < records + size; sent++) {
        at = produce(client, arguments[2], at);
        if (sent % 256 == 0) rd_kafka_poll(client, 0);
    }
    while (acknowledged < sent + 6) rd_kafka_poll(client, 100);
    printf("%.0f\n", sent / (now() - begin));
    rd_kafka_destroy(client);
    return 0;
}
