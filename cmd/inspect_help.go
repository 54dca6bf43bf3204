package cmd

const inspectLong = `Decode the records of __consumer_offsets, the topic that Kafka keeps its groups in: every commit, every
change of a group, every tombstone and transaction marker. Not only the last commit is there but, until
compaction takes them, those before.

A group's records are all in one partition of that topic, so naming groups reads only theirs. It reads from
the log's start to the end that it has when the command begins, in the order of partition and offset.

--from and --to read less of each partition: from the first record that is as late as --from, up to the
first as late as --to, which is not shown. An offset is for one partition, so it needs one group or one
--partition. Times are RFC 3339 or shorter (2026-11-21, 2026-11-21T09:00), in --tz where they say no zone,
or @SECONDS or @MILLIS since 1970; -90m, -7d or -PT1H30M is so long before now. A time after the last record is the
log's end.
--last N shows the N newest rows, in the same order, and reads no more than it has to where nothing is filtered.

--follow shows records as they come, whatever happens to brokers meanwhile; order is within a partition. Of a
transaction the records say open, and the marker that comes later says what became of it.

--timeout bounds connecting and each wait for an answer. A partition whose leader moves is read on from the new
one. Before a scan of more than 1 GB a note says how large the log is and since when; with stderr on a terminal
a line there says how far a long scan has come, unless rows are printed on the terminal meanwhile.

With --file no cluster is asked: it reads segments (….log), the folder of a partition, or a broker's
log directory. Every argument is then a further path, so that a shell's glob works, and groups are
named by --group or --match.

--type takes Kafka's names of records, in any case: commit stands for both kinds of commits, group for all
others, TransactionMarker for markers; a name that is none lists them. Of markers a group or a topic selects
those that end a transaction with a record of it; --from after that record hides the marker too.

A record that is not understood is shown all the same, with its bytes in hex and the reason. Of a
transaction each record says committed, aborted or open; --raw adds the bytes of every record.

In -o json and ndjson, data has Kafka's field names, as kafka-dump-log.sh --offsets-decoder prints
them; what is decoded beyond that stands in fields that end in Decoded.

` + latestHelp + "\n\n" + openHelp

const inspectExamples = `  offsetctl inspect payments                       what happened to one group
  offsetctl inspect payments --latest              where it is now, and since when
  offsetctl inspect --type commit --topic orders -o ndjson | jq .value.data.offset
  offsetctl inspect payments --from 2026-11-21T09:00 --to 2026-11-21T09:30 --tz Europe/Berlin
  offsetctl inspect --type commit --from -15m      the last quarter of an hour
  offsetctl inspect payments --last 20
  offsetctl inspect --open                         transactions that nobody has ended
  offsetctl inspect --follow -o ndjson | grep payments
  offsetctl inspect --file /var/lib/kafka/__consumer_offsets-*/
  offsetctl inspect --file 00000000000000000000.log --partition 12 --type commit
  offsetctl inspect --file /var/lib/kafka --group payments -o ndjson | jq .value.data.offset`
