// Package kafkatest starts real Apache Kafka brokers, and real Java clients against them, for tests.
//
// A fake broker proves nothing about Kafka: kfake answers requests that brokers refuse, writes no
// __consumer_offsets and has no Streams groups. So whatever offsetctl claims about Kafka is tested here too:
//
//	go test -tags kafka ./...
//	OFFSETCTL_KAFKA_VERSION=3.9.2 go test -tags kafka ./...
//
// It needs Java 17 or newer (a JDK: clients are run from source) and Maven on the PATH. Jars are resolved once
// per version; their class paths are kept in the user's cache folder, or in $OFFSETCTL_TEST_CACHE.
// Everything but this file has the build tag "kafka", so that plain `go test ./...` needs nothing but Go.
//
// # Brokers
//
// Start gives a cluster of one or three nodes that is ready when it returns and gone when the test ends, however
// it ends: see leash.go. Stop, Shutdown, Restart, Pause and Resume make the failures. Deny forbids something to clients by
// the address they connect from, and Tool runs one of Kafka's own Java tools to compare with, Tools many. A Kafka 3 can also run with
// ZooKeeper and write what brokers of older protocols wrote: Options.InterBrokerProtocol, Upgrade.
//
// # Clients
//
// Cluster.Client runs a file of the folder java; the arguments begin with the group and the topic. A client prints
// READY once the brokers (not its own memory) say that the state it makes is there, and then obeys the commands
// it is sent, one line each: it answers "OK <command>" when a broker confirmed it, or "FAILED <command>". The
// command "close" ends it the orderly way, Kill as a crash does. Each file begins with its arguments and commands:
//
//	ConsumerApp     auto commit, manual commit, assign(); classic and KIP-848; static members; any number of them
//	TransactionApp  offsets in transactions: committed, aborted, left open
//	ShareApp        a share group
//	StreamsApp      Kafka Streams, as a classic group or as a streams group
//	FlinkJob        Flink's KafkaSource, which commits on checkpoints
package kafkatest
