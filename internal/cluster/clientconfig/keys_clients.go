package clientconfig

import (
	"slices"
	"strings"
)

// isOfPlugin reports whether a key is of what is plugged into clients, or of other clients.
func isOfPlugin(name string) bool {
	return slices.ContainsFunc(clientPrefixes(), func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// clientKeys are the keys of Kafka's consumers, producers and admin clients (the configNames of 3.9 and 4.3) that have no
// effect here.
func clientKeys() []string {
	return []string{
		"acks", "allow.auto.create.topics", "auto.commit.interval.ms", "auto.include.jmx.reporter", "auto.offset.reset", "batch.size", "buffer.memory",
		"check.crcs", "client.dns.lookup", "client.rack", "compression.gzip.level", "compression.lz4.level", "compression.type", "compression.zstd.level", "config.providers",
		"connections.max.idle.ms", "delivery.timeout.ms", "enable.auto.commit", "enable.idempotence", "enable.metrics.push", "exclude.internal.topics",
		"fetch.max.bytes", "fetch.max.wait.ms", "fetch.min.bytes", "group.id", "group.instance.id", "group.protocol", "group.remote.assignor",
		"heartbeat.interval.ms", "interceptor.classes", "internal.leave.group.on.close", "internal.throw.on.fetch.stable.offset.unsupported",
		"isolation.level", "key.deserializer", "key.serializer", "linger.ms", "max.block.ms", "max.in.flight.requests.per.connection",
		"max.partition.fetch.bytes", "max.poll.interval.ms", "max.poll.records", "max.request.size", "metadata.max.age.ms", "metadata.max.idle.ms",
		"metadata.recovery.rebootstrap.trigger.ms", "metadata.recovery.strategy", "metric.reporters", "metrics.num.samples", "metrics.recording.level",
		"metrics.sample.window.ms", "partition.assignment.strategy", "partitioner.adaptive.partitioning.enable", "partitioner.availability.timeout.ms",
		"partitioner.class", "partitioner.ignore.keys", "receive.buffer.bytes", "reconnect.backoff.max.ms", "reconnect.backoff.ms", "retries",
		"retry.backoff.max.ms", "retry.backoff.ms", "send.buffer.bytes", "session.timeout.ms", "share.acknowledgement.mode", "share.acquire.mode",
		"socket.connection.setup.timeout.max.ms", "socket.connection.setup.timeout.ms", "transaction.timeout.ms", "transaction.two.phase.commit.enable",
		"transactional.id", "value.deserializer", "value.serializer",
		// librdkafka's
		"api.version.request", "broker.address.family", "broker.version.fallback", "log_level", "log.connection.close", "message.max.bytes", "queued.max.messages.kbytes",
		"queued.min.messages", "socket.keepalive.enable", "socket.nagle.disable", "statistics.interval.ms", "enable.partition.eof", "enable.auto.offset.store", "topic.metadata.refresh.interval.ms",
	}
}

// clientPrefixes begin the keys of what is plugged into clients, and of clients of other servers that are kept in the same file.
func clientPrefixes() []string {
	return []string{
		"config.providers.", "metrics.", "confluent.", "interceptor.", "consumer.", "producer.", "admin.", "streams.", "schema.registry.", "basic.auth.", "bearer.auth.", "key.converter", "value.converter", "client.quota.",
	}
}
