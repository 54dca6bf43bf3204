package inspect

import "encoding/base64"

// TopicNames tells the name that the topic with an id has now; false: there is no such topic, or nobody could say. It is
// asked only for ids that are shown, and, where rows are made by several goroutines, by all of them. nil: nobody can be
// asked, as of files.
type TopicNames func(id [16]byte) (name string, ok bool)

// withTopicIDs is what has partitions of topics by their ids, with no names beside them.
type withTopicIDs interface{ byTopicID() [][]owned }

// append appends the name of the topic, or the id as Kafka prints it.
func (names TopicNames) append(dst, id []byte) []byte {
	if names != nil {
		if name, ok := names([16]byte(id)); ok {
			return append(dst, name...)
		}
	}
	return base64.RawURLEncoding.AppendEncode(dst, id)
}

// ofText is append for an id as Kafka prints it. What is no id, as none, stays as it is.
func (names TopicNames) ofText(id string) string {
	if names == nil {
		return id
	}
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(b) != len([16]byte{}) {
		return id
	}
	return string(names.append(nil, b))
}
