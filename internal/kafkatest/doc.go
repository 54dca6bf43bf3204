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
// # Secure clusters
//
// Options.Secure gives every node these listeners, and StandardAuthorizer, which allows nothing until Allow is called. The same
// person is the same principal everywhere, such as User:alice; where nobody logs in, it is User:ANONYMOUS. Only the nodes and the
// rig itself are super users, on a listener of their own, INTERNAL. So the Java clients below, which know PLAINTEXT only, want to
// be allowed what they do. Listener has the addresses.
//
//	PLAINTEXT
//	SSL         a server certificate for localhost and 127.0.0.1
//	MTLS        a client certificate must be shown as well; alice has one
//	SCRAM       SASL_PLAINTEXT, SCRAM-SHA-256 and -512, delegation tokens: alice, bob, and who User and DelegationToken make
//	PLAIN       SASL_SSL: alice and bob
//	OAUTH       SASL_SSL, OAUTHBEARER: whoever has a token of Security.Tokens, an endpoint with TLS
//	UNSECURED   SASL_PLAINTEXT, OAUTHBEARER with Kafka's validator for unsigned tokens: anybody
//	EXPIRED     SSL, with a server certificate that was valid in the past,
//	FUTURE      will be valid in the future,
//	WRONGNAME   or is for another host
//
// Properties.Write writes a client.properties file for one of them, which Kafka's own tools take unchanged. Tests change it with
// With, for instance to name another of these files (Security.File, .Trust and .Key):
//
//	ca.pem, truststore.jks, truststore.p12    the authority of all certificates; stores made by keytool
//	openssl.p12                               the same made by openssl: without the attribute that makes Java trust it
//	alien.pem                                 another authority
//	client.jks, client.p12, client.pem        alice's certificate and key (StorePassword; KeyPassword); by keytool, openssl, openssl
//	client.crt.pem, client.key.pem            the two halves of client.pem
//
// It needs openssl on the PATH as well.
//
// # Kerberos
//
// Options.Kerberos, without Secure, starts a KDC (Apache Kerby's) and gives every node the listener GSSAPI: SASL_PLAINTEXT, for alice
// and her keytab or ticket cache (Kerberos.File). It is on localhost and not 127.0.0.1, as the brokers' principal is.
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
