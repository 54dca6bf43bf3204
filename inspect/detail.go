package inspect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The details of records that are no commits. There are few of them, and they are for people: so they are read off the
// JSON that the decoder made, into structs of the fields worth a line, whose names encoding/json matches in any case.
// The rest is in the JSON formats.

const (
	maxDetail = 360 // bytes of a detail; lists are cut before
	maxName   = 100 // of one name in it, such as a member id, which is a client id and 37 characters
	listRoom  = 180 // what a list has, where it is the main thing
	innerRoom = 90  // likewise where it is one of several, or within a list
)

// details are what say the records of a type, by Kafka's name of it. Each says false where the JSON is not what it
// expects.
var details = map[string]func(value []byte, names TopicNames) (string, bool){
	"GroupMetadata": detailOf[classicGroup],

	"ConsumerGroupMetadata":                 detailOf[groupEpoch],
	"ConsumerGroupPartitionMetadata":        detailOf[partitionCounts],
	"ConsumerGroupMemberMetadata":           detailOf[groupMember],
	"ConsumerGroupTargetAssignmentMetadata": detailOf[targetEpoch],
	"ConsumerGroupTargetAssignmentMember":   detailOf[targetOfMember],
	"ConsumerGroupCurrentMemberAssignment":  detailOf[memberAssignment],
	"ConsumerGroupRegularExpression":        detailOf[regexTopics],

	"ShareGroupPartitionMetadata":        detailOf[partitionCounts],
	"ShareGroupMemberMetadata":           detailOf[groupMember],
	"ShareGroupMetadata":                 detailOf[groupEpoch],
	"ShareGroupTargetAssignmentMetadata": detailOf[targetEpoch],
	"ShareGroupTargetAssignmentMember":   detailOf[targetOfMember],
	"ShareGroupCurrentMemberAssignment":  detailOf[memberAssignment],
	"ShareGroupStatePartitionMetadata":   detailOf[shareTopics],
	"ShareSnapshot":                      detailOf[shareSnapshotValue],
	"ShareUpdate":                        detailOf[shareUpdateValue],

	"StreamsGroupMetadata":                 detailOf[streamsGroup],
	"StreamsGroupPartitionMetadata":        detailOf[partitionCounts],
	"StreamsGroupMemberMetadata":           detailOf[streamsProcess],
	"StreamsGroupTargetAssignmentMetadata": detailOf[targetEpoch],
	"StreamsGroupTargetAssignmentMember":   detailOf[streamsTasks],
	"StreamsGroupCurrentMemberAssignment":  detailOf[streamsAssignment],
	"StreamsGroupTopology":                 detailOf[topology],

	"TransactionLog": detailOf[transactionValue],
}

// appendDetail appends what a value says, which is that of a record type of this name; compact JSON of what it has no
// words for.
func appendDetail(dst []byte, name string, value []byte, names TopicNames) []byte {
	if say := details[name]; say != nil {
		if text, ok := say(value, names); ok {
			return append(dst, cut(text, maxDetail)...)
		}
	}
	return append(dst, cut(string(value), maxDetail)...)
}

// detailOf reads the data of a value as T, which says what it has.
func detailOf[T fmt.Stringer](value []byte, names TopicNames) (string, bool) {
	var v struct{ Data *T }
	if err := json.Unmarshal(value, &v); err != nil || v.Data == nil {
		return "", false
	}
	if with, ok := any(v.Data).(withTopicIDs); ok {
		for _, list := range with.byTopicID() {
			for i := range list {
				list[i].names = names
			}
		}
	}
	return (*v.Data).String(), true
}

// clauses are the parts of a detail.
type clauses []string

func (c *clauses) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// named adds a text with what it is, if there is any.
func (c *clauses) named(what, text string) {
	if text != "" {
		*c = append(*c, what+" "+text)
	}
}

// maybe adds a name that may be missing or empty.
func (c *clauses) maybe(what string, name *string) {
	if name != nil {
		c.named(what, cut(*name, maxName))
	}
}

// unless adds a number that is not the one that stands for none.
func (c *clauses) unless(none int64, what string, n int64) {
	if n != none {
		c.add("%s %d", what, n)
	}
}

func (c clauses) String() string { return strings.Join(c, ", ") }

// cut shortens text to a number of bytes, and says so with ….
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const ellipsis = "…"
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// quoted is a name, which may be empty.
func quoted(name string) string {
	if name == "" {
		return `""`
	}
	return cut(name, maxName)
}

// some is a list, of which as many are shown as there is room for, but the first in any case, and how many more there are.
func some[T any](list []T, sep string, room int, text func(T) string) string {
	var b strings.Builder
	for i, item := range list {
		t := text(item)
		switch {
		case i > 0 && b.Len()+len(sep)+len(t) > room:
			fmt.Fprintf(&b, " … and %d more", len(list)-i)
			return b.String()
		case i > 0:
			b.WriteString(sep)
		}
		b.WriteString(t)
	}
	return b.String()
}

// counted is a list that begins with how many there are.
func counted[T any](list []T, one, more, sep string, text func(T) string) string {
	if len(list) == 0 {
		return "no " + more
	}
	return plural(len(list), one, more) + ": " + some(list, sep, listRoom, text)
}

// names are topics, or what else is known by a name.
func names(list []string) string { return some(list, " ", listRoom, quoted) }

// plural is a number of things.
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// owned are partitions of a topic, or of what else has partitions: tasks of a subtopology or of a connector. Record types
// name the fields differently.
type owned struct {
	TopicName, Topic, TopicID, SubtopologyID, Connector string

	Partitions, PartitionIDs, Tasks []int32

	names TopicNames // for TopicID; nil: nobody can be asked
}

func (o owned) String() string {
	name := quoted(cmp.Or(o.TopicName, o.Topic, o.names.ofText(o.TopicID), o.SubtopologyID, o.Connector))
	if list := runs(slices.Concat(o.Partitions, o.PartitionIDs, o.Tasks)); list != "" {
		return name + ":" + list
	}
	return name
}

// assigned is what somebody has: orders:0-5 payments:2. Empty: nothing.
func assigned(list []owned, room int) string { return some(list, " ", room, owned.String) }

// runs are numbers in order, three or more that follow one another as 0-2.
func runs(numbers []int32) string {
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var b strings.Builder
	for i := 0; i < len(numbers); {
		if b.Len() >= innerRoom {
			fmt.Fprintf(&b, " … and %d more", len(numbers)-i)
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		n := runLength(numbers[i:])
		b.WriteString(strconv.Itoa(int(numbers[i])))
		if n > 1 {
			fmt.Fprintf(&b, "-%d", numbers[i+n-1])
		}
		i += n
	}
	return b.String()
}

// runLength is how many of the first numbers are written as a run. Numbers below 0 are none: Connect's -1 is the
// connector itself, others are garbage.
func runLength(numbers []int32) int {
	n := 1
	for n < len(numbers) && numbers[0] >= 0 && numbers[n] == numbers[n-1]+1 {
		n++
	}
	if n < 3 {
		return 1
	}
	return n
}

// client is who a member is: its client id, where it is, and what else identifies it.
func client(id, host string, instance, rack *string) string {
	var c clauses
	if host = strings.TrimPrefix(host, "/"); host != "" { // Java prints addresses as name/address
		c = append(c, cut(host, maxName))
	}
	c.maybe("instance", instance)
	c.maybe("rack", rack)
	if len(c) == 0 {
		return quoted(id)
	}
	return quoted(id) + " (" + c.String() + ")"
}
