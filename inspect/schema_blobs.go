package inspect

// Blobs are bytes within a value that Kafka's clients wrote for each other. None is flexible, and
// all but the assignors' own data begin with an int16 version, which the layouts named versioned
// have as their first field. A reader takes a version above those it knows for the highest known
// and ignores what is left over; so do we.
var (
	subscriptions          = compileBlob(subscriptionFields(), 3, false)
	versionedSubscriptions = compileBlob(subscriptionFields(), 3, true)
	assignments            = compileBlob(assignmentFields(), 3, false)

	// Workers write version 0 (eager), 1 (compatible) or 2 (sessioned), the last two alike.
	connectMetadata    = compileBlob(connectMetadataFields(), 2, true)
	connectAssignments = compileBlob(connectAssignmentFields(), 2, true)

	stickyData      = compile(stickyFields(), 1, false)
	oldStickyData   = compile(stickyFields(), 0, false)
	cooperativeData = compile([]field{i32("generation")}, 0, false)
	streamsData     = compile([]field{i32("version")}, 0, false)
)

// compileBlob compiles the versions 0 to last of a blob.
func compileBlob(fields []field, last int16, versioned bool) []*layout {
	if versioned {
		fields = append([]field{i16("version")}, fields...)
	}
	var layouts []*layout
	for v := int16(0); v <= last; v++ {
		layouts = append(layouts, compile(fields, v, false))
	}
	return layouts
}

func subscriptionFields() []field {
	return []field{
		list("topics", kindString),
		blob("userData", roleUserData).orNull(),
		partitionsByTopic("ownedPartitions").since(1),
		i32("generationId").since(2),
		str("rackId").since(3).orNull(),
	}
}

func assignmentFields() []field {
	return []field{partitionsByTopic("assignedPartitions"), blob("userData", rolePlain).orNull()}
}

func partitionsByTopic(name string) field {
	return array(name, str("topic"), list("partitions", kindInt32))
}

func connectMetadataFields() []field {
	return []field{str("url"), i64("configOffset"), blob("allocation", roleAllocation).since(1).orNull()}
}

func connectAssignmentFields() []field {
	// Task -1 is the connector itself.
	tasks := func(name string) field { return array(name, str("connector"), list("tasks", kindInt32)) }
	return []field{
		i16("error"),
		str("leader"),
		str("leaderUrl"),
		i64("configOffset"),
		tasks("assignment").only(0),
		tasks("assignment").since(1).orNull(),
		tasks("revoked").since(1).orNull(),
		i32("delay").since(1),
	}
}

// stickyFields are the sticky assignor's user data. It bears no version: what was owned, then since
// KIP-341 the generation.
func stickyFields() []field {
	return []field{partitionsByTopic("previousAssignment"), i32("generation").since(1)}
}
