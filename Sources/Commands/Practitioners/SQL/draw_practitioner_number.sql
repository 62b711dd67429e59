-- name:    draw_practitioner_number
-- purpose: the next number of a country and Kafka partition; taken back with the transaction, so numbers are dense
-- params:  $1 country_code text · $2 kafka_partition int
-- result:  number
-- index:   practitioner_numbers primary key
-- caller:  PractitionerTransaction
INSERT INTO practitioner_numbers AS n (country_code, kafka_partition, next_number)
VALUES ($1, $2::int, 1)
ON CONFLICT (country_code, kafka_partition) DO UPDATE SET next_number = n.next_number + 1
RETURNING next_number - 1;
