package inspect

import (
	"fmt"
	"slices"
)

// streamsGroup is the metadata of a Streams group.
type streamsGroup struct {
	Epoch                          int32
	MetadataHash                   int64
	ValidatedTopologyEpoch         *int64
	LastAssignmentConfigs          []keyValue
	StoredDescriptionTopologyEpoch *int64
	FailedDescriptionTopologyEpoch *int64
}

// keyValue is a configuration or a tag.
type keyValue struct{ Key, Value string }

func (kv keyValue) String() string { return quoted(kv.Key) + "=" + cut(kv.Value, maxName) }

func (g streamsGroup) String() string {
	var c clauses
	c.add("epoch %d", g.Epoch)
	c.unless(0, "metadata hash", g.MetadataHash)
	c.epoch("validated topology epoch", g.ValidatedTopologyEpoch)
	c.epoch("stored description of topology epoch", g.StoredDescriptionTopologyEpoch)
	c.epoch("failed description of topology epoch", g.FailedDescriptionTopologyEpoch)
	c.named("assigned with", some(g.LastAssignmentConfigs, " ", innerRoom, keyValue.String))
	return c.String()
}

// epoch adds an epoch that a broker may not have written.
func (c *clauses) epoch(what string, epoch *int64) {
	if epoch != nil {
		c.unless(-1, what, *epoch)
	}
}

// streamsProcess is the metadata of a member of a Streams group.
type streamsProcess struct {
	ClientID, ClientHost string
	InstanceID, RackID   *string
	TopologyEpoch        int32
	ProcessID            string
	UserEndpoint         *struct {
		Host string
		Port int
	}
	ClientTags []keyValue
}

func (p streamsProcess) String() string {
	c := clauses{client(p.ClientID, p.ClientHost, p.InstanceID, p.RackID)}
	c.named("process", cut(p.ProcessID, maxName))
	c.add("topology epoch %d", p.TopologyEpoch)
	if e := p.UserEndpoint; e != nil {
		c.add("endpoint %s:%d", cut(e.Host, maxName), e.Port)
	}
	c.named("tags", some(p.ClientTags, " ", innerRoom, keyValue.String))
	return c.String()
}

// streamsTasks are tasks of a member.
type streamsTasks struct{ ActiveTasks, StandbyTasks, WarmupTasks []owned }

func (t streamsTasks) String() string {
	var c clauses
	c.named("active", assigned(t.ActiveTasks, innerRoom))
	c.named("standby", assigned(t.StandbyTasks, innerRoom))
	c.named("warmup", assigned(t.WarmupTasks, innerRoom))
	return orNothing(c.String())
}

// streamsAssignment is what a member of a Streams group has.
type streamsAssignment struct {
	streamsTasks
	MemberEpoch                                                                               int32
	State                                                                                     int
	ActiveTasksPendingRevocation, StandbyTasksPendingRevocation, WarmupTasksPendingRevocation []owned
}

// streamsStates are Kafka's MemberState of Streams groups.
var streamsStates = map[int]string{1: "stable", 2: "unrevoked tasks", 3: "unreleased tasks", 127: "state unknown"}

func (a streamsAssignment) String() string {
	c := clauses{memberEpoch(a.MemberEpoch), word(streamsStates, a.State), a.streamsTasks.String()}
	c.named("revoking active", assigned(a.ActiveTasksPendingRevocation, innerRoom))
	c.named("revoking standby", assigned(a.StandbyTasksPendingRevocation, innerRoom))
	c.named("revoking warmup", assigned(a.WarmupTasksPendingRevocation, innerRoom))
	return c.String()
}

// topology is StreamsGroupTopology.
type topology struct {
	Epoch         int32
	Subtopologies []subtopology
}

func (t topology) String() string {
	return fmt.Sprintf("epoch %d, %s", t.Epoch, counted(t.Subtopologies, "subtopology", "subtopologies", "; ", subtopology.String))
}

type subtopology struct {
	SubtopologyID                                         string
	SourceTopics, SourceTopicRegex, RepartitionSinkTopics []string
	RepartitionSourceTopics, StateChangelogTopics         []topologyTopic
}

type topologyTopic struct{ Name string }

func (s subtopology) String() string {
	sources := slices.Concat(s.SourceTopics, s.SourceTopicRegex)
	for _, t := range s.RepartitionSourceTopics {
		sources = append(sources, t.Name)
	}
	text := quoted(s.SubtopologyID)
	if len(sources) > 0 {
		text += " from " + some(sources, " ", innerRoom, quoted)
	}
	if len(s.RepartitionSinkTopics) > 0 {
		text += " to " + some(s.RepartitionSinkTopics, " ", innerRoom, quoted)
	}
	if n := len(s.StateChangelogTopics); n > 0 {
		text += " with " + plural(n, "changelog", "changelogs")
	}
	return text
}
