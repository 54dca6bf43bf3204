package inspect

// groupRecords are the record types of __consumer_offsets; the index is the type's number.
var groupRecords = []recordType{
	// Nothing in a log binds type 0 to value version 0: brokers up to 4.0 read either with any.
	newRecordType(0, "LegacyOffsetCommit", commitKey(), commitValue(), 4, 4),
	newRecordType(1, "OffsetCommit", commitKey(), commitValue(), 4, 4),
	newRecordType(2, "GroupMetadata", []field{str("group")}, groupMetadata(), 4, 4),
	newRecordType(3, "ConsumerGroupMetadata", groupKey(), consumerGroupMetadata(), 0, 0),
	newRecordType(4, "ConsumerGroupPartitionMetadata", groupKey(), partitionMetadata(), 0, 0),
	newRecordType(5, "ConsumerGroupMemberMetadata", memberKey(), consumerMember(), 0, 0),
	newRecordType(6, "ConsumerGroupTargetAssignmentMetadata", groupKey(), targetMetadata(), 0, 0),
	newRecordType(7, "ConsumerGroupTargetAssignmentMember", memberKey(), targetMember(), 0, 0),
	newRecordType(8, "ConsumerGroupCurrentMemberAssignment", memberKey(), consumerCurrent(), 0, 0),
	newRecordType(9, "ShareGroupPartitionMetadata", groupKey(), partitionMetadata(), 0, 0),
	newRecordType(10, "ShareGroupMemberMetadata", memberKey(), shareMember(), 0, 0),
	newRecordType(11, "ShareGroupMetadata", groupKey(), []field{i32("epoch"), i64("metadataHash")}, 0, 0),
	newRecordType(12, "ShareGroupTargetAssignmentMetadata", groupKey(), targetMetadata(), 0, 0),
	newRecordType(13, "ShareGroupTargetAssignmentMember", memberKey(), targetMember(), 0, 0),
	newRecordType(14, "ShareGroupCurrentMemberAssignment", memberKey(), shareCurrent(), 0, 0),
	newRecordType(15, "ShareGroupStatePartitionMetadata", groupKey(), shareStateMetadata(), 0, 0),
	newRecordType(16, "ConsumerGroupRegularExpression", regexKey(), regexValue(), 0, 0),
	newRecordType(17, "StreamsGroupMetadata", groupKey(), streamsGroupMetadata(), 0, 0),
	newRecordType(18, "StreamsGroupPartitionMetadata", groupKey(), streamsPartitions(), 0, 0),
	newRecordType(19, "StreamsGroupMemberMetadata", memberKey(), streamsMember(), 0, 0),
	newRecordType(20, "StreamsGroupTargetAssignmentMetadata", groupKey(), targetMetadata(), 0, 0),
	newRecordType(21, "StreamsGroupTargetAssignmentMember", memberKey(), streamsTarget(), 0, 0),
	newRecordType(22, "StreamsGroupCurrentMemberAssignment", memberKey(), streamsCurrent(), 0, 0),
	newRecordType(23, "StreamsGroupTopology", groupKey(), streamsTopology(), 0, 0),
}

func commitKey() []field { return []field{str("group"), str("topic"), i32("partition")} }
func groupKey() []field  { return []field{str("groupId")} }
func memberKey() []field { return []field{str("groupId"), str("memberId")} }
func regexKey() []field  { return []field{str("groupId"), str("regularExpression")} }

func commitValue() []field {
	return []field{
		i64("offset"),
		i32("leaderEpoch").since(3),
		str("metadata").as(roleCommitMetadata),
		i64("commitTimestamp"),
		i64("expireTimestamp").only(1),
		id("topicId").since(4).tagged(0, 0),
	}
}

func groupMetadata() []field {
	return []field{
		str("protocolType").as(roleProtocolType),
		i32("generation"),
		str("protocol").orNull().as(roleProtocol),
		str("leader").orNull(),
		i64("currentStateTimestamp").since(2),
		array("members",
			str("memberId"),
			str("groupInstanceId").since(3).orNull(),
			str("clientId"),
			str("clientHost"),
			i32("rebalanceTimeout").since(1),
			i32("sessionTimeout"),
			blob("subscription", roleSubscription),
			blob("assignment", roleAssignment)),
	}
}

func consumerGroupMetadata() []field {
	return []field{i32("epoch"), i64("metadataHash").tagged(0, 0)}
}

func partitionMetadata() []field {
	return []field{array("topics",
		id("topicId"), str("topicName"), i32("numPartitions"),
		array("partitionMetadata", i32("partition"), list("racks", kindString)))}
}

func consumerMember() []field {
	return []field{
		str("instanceId").orNull(),
		str("rackId").orNull(),
		str("clientId"),
		str("clientHost"),
		list("subscribedTopicNames", kindString),
		str("subscribedTopicRegex").orNull(),
		i32("rebalanceTimeoutMs"),
		str("serverAssignor").orNull(),
		object("classicMemberMetadata",
			i32("sessionTimeoutMs"),
			array("supportedProtocols",
				str("name").as(roleProtocol), blob("metadata", roleClassicMeta))).orNull().tagged(0, 0),
	}
}

func targetMetadata() []field {
	return []field{i32("assignmentEpoch"), i64("assignmentTimestamp").tagged(0, 0)}
}

func targetMember() []field { return []field{partitionsOfTopics("topicPartitions")} }

func partitionsOfTopics(name string) field {
	return array(name, id("topicId"), list("partitions", kindInt32))
}

func consumerCurrent() []field {
	return []field{i32("memberEpoch"), i32("previousMemberEpoch"), i8("state"),
		partitionsWithEpochs("assignedPartitions"), partitionsWithEpochs("partitionsPendingRevocation")}
}

func partitionsWithEpochs(name string) field {
	return array(name, id("topicId"), list("partitions", kindInt32), assignmentEpochs())
}

// assignmentEpochs has one epoch per partition; older brokers wrote none (KIP-1251).
func assignmentEpochs() field { return list("assignmentEpochs", kindInt32).orNull().tagged(0, 0) }

func regexValue() []field {
	return []field{list("topics", kindString), i64("version"), i64("timestamp")}
}
