package inspect

func shareMember() []field {
	return []field{str("rackId").orNull(), str("clientId"), str("clientHost"),
		list("subscribedTopicNames", kindString)}
}

func shareCurrent() []field {
	return []field{i32("memberEpoch"), i32("previousMemberEpoch"), i8("state"),
		partitionsOfTopics("assignedPartitions")}
}

func shareStateMetadata() []field {
	info := func(name string) field {
		return array(name, id("topicId"), str("topicName"), list("partitions", kindInt32))
	}
	return []field{info("initializingTopics"), info("initializedTopics"),
		array("deletingTopics", id("topicId"), str("topicName"))}
}

// shareStateRecords are the record types of __share_group_state.
var shareStateRecords = []recordType{
	newRecordType(0, "ShareSnapshot", shareStateKey(), shareSnapshot(), 0, 0),
	newRecordType(1, "ShareUpdate", shareStateKey(), shareUpdate(), 0, 0),
}

func shareStateKey() []field { return []field{str("groupId"), id("topicId"), i32("partition")} }

func shareSnapshot() []field {
	return []field{i32("snapshotEpoch"), i32("stateEpoch"), i32("leaderEpoch"), i64("startOffset"),
		i32("deliveryCompleteCount").tagged(0, -1),
		i64("createTimestamp"), i64("writeTimestamp"), stateBatches()}
}

func shareUpdate() []field {
	return []field{i32("snapshotEpoch"), i32("leaderEpoch"), i64("startOffset"),
		i32("deliveryCompleteCount").tagged(0, -1), stateBatches()}
}

func stateBatches() field {
	return array("stateBatches",
		i64("firstOffset"), i64("lastOffset"), i8("deliveryState"), i16("deliveryCount"))
}

// transactionRecords is the record type of __transaction_state.
var transactionRecords = []recordType{
	newRecordType(0, "TransactionLog", []field{str("transactionalId")}, transactionLog(), 1, 1),
}

func transactionLog() []field {
	return []field{
		i64("producerId"),
		i64("previousProducerId").tagged(0, -1),
		i64("nextProducerId").tagged(1, -1),
		i16("producerEpoch"),
		i16("nextProducerEpoch").tagged(3, -1),
		i32("transactionTimeoutMs"),
		i8("transactionStatus"),
		array("transactionPartitions", str("topic"), list("partitionIds", kindInt32)).orNull(),
		i64("transactionLastUpdateTimestampMs"),
		i64("transactionStartTimestampMs"),
		i16("clientTransactionVersion").tagged(2, 0),
	}
}
