package cmd

const inspectLong = `Show the records of __consumer_offsets, the topic that Kafka keeps its groups in: every commit,
every change of a group, every tombstone and transaction marker, until compaction takes it.

  what happened to a group?          offsetctl inspect GROUP
  where is it now, and since when?   offsetctl inspect GROUP --latest
  what happened at a time?           offsetctl inspect --from 2026-11-21T09:00 --to 2026-11-21T09:30
  which transactions have not ended? offsetctl inspect --open
  what comes from now on?            offsetctl inspect --follow

Records:
A group's records are all in one partition of that topic, so naming groups reads only theirs; with
--internal-topic transaction names are transactional ids, of which the same holds. --type takes the
names below, in any case: commit stands for both kinds of commits, group for all others but
TransactionMarker. Of markers a group or a topic selects those that end a transaction with a record
of it; --from after that record hides the marker too.

Range:
From the log's start to the end that it has when the command begins, by partition and offset. --from
and --to read less of each partition: from the first record that is as late as --from, up to the
first as late as --to, which is not shown. A time is RFC 3339 or shorter, such as 2026-11-21, in
--tz where it says no zone, or @SECONDS or @MILLIS since 1970; -90m, -7d or -PT1H30M is so long
before now. A time after the last record is the log's end. A bare integer is an offset, for one
partition: it needs one group or one --partition. --last N shows the newest rows in that order, and
reads no more than it has to where nothing is filtered.
--follow goes on whatever happens to brokers, and waits for a topic or a leader that is not there
yet; order is within a partition. Of a transaction the records say open, and the marker that comes
later says what became of it.

` + latestHelp + "\n" + openHelp + `

Files:
With --file no cluster is asked: it reads segments (….log), the folder of a partition, or a broker's
log directory. Every argument is then a further path, so that a shell's glob works, and groups are
named by --group or --match.

Output:
DETAIL is for people, with long lists cut; -o wide adds columns. In JSON, data is whole and has
Kafka's field names, as kafka-dump-log.sh --offsets-decoder prints them; what is decoded beyond that
stands in fields that end in Decoded. Of a transaction each record says committed, aborted or open.
A record that is not understood is shown with its bytes in hex and the reason; --raw adds the bytes
of every record. Ctrl-C ends a document where it is, with INTERRUPTED in its errors.
Before a scan of more than 1 GB a note says how large the log is and since when. --timeout bounds
connecting and each wait for an answer; a partition whose leader moves is read on from the new one.

Record types:
LegacyOffsetCommit, OffsetCommit, GroupMetadata (of classic groups), TransactionMarker;
ConsumerGroup, ShareGroup and StreamsGroup, each followed by Metadata, PartitionMetadata,
MemberMetadata, TargetAssignmentMetadata, TargetAssignmentMember or CurrentMemberAssignment;
ConsumerGroupRegularExpression, ShareGroupStatePartitionMetadata, StreamsGroupTopology. With
--internal-topic share: ShareSnapshot, ShareUpdate; transaction: TransactionLog.`

const inspectExamples = `  offsetctl inspect payments --type group          its members and assignments
  offsetctl inspect --type commit --topic orders -o ndjson | jq .value.data.offset
  offsetctl inspect payments --from 2026-11-21T09:00 --to 2026-11-21T09:30 --tz Europe/Berlin
  offsetctl inspect --type commit --from -15m      the last quarter of an hour
  offsetctl inspect payments --last 20             the newest
  offsetctl inspect payments --type group --to 2026-11-21T09:00 --last 20      who had what then
  offsetctl inspect --follow -o ndjson | grep payments
  offsetctl inspect --file /var/lib/kafka/__consumer_offsets-*/
  offsetctl inspect --file 00000000000000000000.log --partition 12 --type commit
  offsetctl inspect --file /var/lib/kafka --group payments -o ndjson | jq .value.data.offset`
