package inspect

func streamsGroupMetadata() []field {
	return []field{
		i32("epoch"),
		i64("metadataHash"),
		i32("validatedTopologyEpoch").tagged(0, -1),
		array("lastAssignmentConfigs", str("key"), str("value")).orNull().tagged(1, 0),
		i32("storedDescriptionTopologyEpoch").tagged(2, -1),
		i32("failedDescriptionTopologyEpoch").tagged(3, -1),
	}
}

// streamsPartitions was written by snapshots before 4.1 only.
func streamsPartitions() []field {
	return []field{array("topics", id("topicId"), str("topicName"), i32("numPartitions"))}
}

func streamsMember() []field {
	return []field{
		str("instanceId").orNull(),
		str("rackId").orNull(),
		str("clientId"),
		str("clientHost"),
		i32("rebalanceTimeoutMs"),
		i32("topologyEpoch"),
		str("processId"),
		object("userEndpoint", str("host"), u16("port")).orNull(),
		array("clientTags", str("key"), str("value")),
	}
}

func streamsTarget() []field {
	return []field{tasks("activeTasks"), tasks("standbyTasks"), tasks("warmupTasks")}
}

func tasks(name string) field {
	return array(name, str("subtopologyId"), list("partitions", kindInt32))
}

func streamsCurrent() []field {
	return []field{i32("memberEpoch"), i32("previousMemberEpoch"), i8("state"),
		tasksWithEpochs("activeTasks"),
		tasksWithEpochs("standbyTasks"),
		tasksWithEpochs("warmupTasks"),
		tasksWithEpochs("activeTasksPendingRevocation"),
		tasksWithEpochs("standbyTasksPendingRevocation"),
		tasksWithEpochs("warmupTasksPendingRevocation")}
}

func tasksWithEpochs(name string) field {
	return array(name, str("subtopologyId"), list("partitions", kindInt32), assignmentEpochs())
}

func streamsTopology() []field {
	topics := func(name string) field {
		return array(name, str("name"), i32("partitions"), i16("replicationFactor"),
			array("topicConfigs", str("key"), str("value")))
	}
	return []field{i32("epoch"), array("subtopologies",
		str("subtopologyId"),
		list("sourceTopics", kindString),
		list("sourceTopicRegex", kindString),
		topics("stateChangelogTopics"),
		list("repartitionSinkTopics", kindString),
		topics("repartitionSourceTopics"),
		array("copartitionGroups", // indexes into the arrays above
			list("sourceTopics", kindInt16),
			list("sourceTopicRegex", kindInt16),
			list("repartitionSourceTopics", kindInt16)))}
}
