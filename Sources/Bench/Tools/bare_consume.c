/* bare_consume BOOTSTRAP TOPIC PARTITIONS COUNT
 *
 * The limit of any projector: librdkafka reads COUNT records of a topic from its beginning, on one thread, looks at
 * nothing of them, and prints records a second from the first batch on.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void die(const char *what, const char *why) {
    fprintf(stderr, "bare_consume: %s: %s\n", what, why);
    exit(1);
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

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: bare_consume BOOTSTRAP TOPIC PARTITIONS COUNT\n");
        return 2;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", arguments[1]);
    set(conf, "group.id", "bare-consume");
    set(conf, "enable.auto.commit", "false");
    char text[512];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!client) die("client", text);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(atoi(arguments[3]));
    for (int partition = 0; partition < atoi(arguments[3]); partition++)
        rd_kafka_topic_partition_list_add(list, arguments[2], partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, list);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    long wanted = atol(arguments[4]), got = 0, first = 0, empty = 0;
    double begin = 0;
    static rd_kafka_message_t *messages[10000];
    while (got < wanted) {
        /* The call waits until the array is full, so it is never longer than what is left. */
        size_t room = !begin ? 1 : wanted - got < 10000 ? wanted - got : 10000;
        ssize_t n = rd_kafka_consume_batch_queue(queue, 100, messages, room);
        if (n <= 0 && ++empty > 100) die("consume", "no record for ten seconds");
        for (ssize_t i = 0; i < n; i++) {
            if (messages[i]->err) die("consume", rd_kafka_message_errstr(messages[i]));
            rd_kafka_message_destroy(messages[i]);
        }
        if (n > 0) {
            empty = 0;
            got += n;
            if (!begin) {
                begin = now();
                first = got;
            }
        }
    }
    printf("%.0f\n", (got - first) / (now() - begin));
    rd_kafka_assign(client, NULL);
    rd_kafka_consumer_close(client);
    return 0;
}
