package inspect

import "strconv"

// AppendJSON appends the item, as docs of `offsetctl inspect --latest` describe it. encoding/json takes several times as
// long, and there may be a hundred thousand of them.
func (r *LatestCommit) AppendJSON(dst []byte) []byte {
	dst, _ = appendString(append(dst, `{"group":`...), []byte(r.Group))
	dst, _ = appendString(append(dst, `,"topic":`...), []byte(r.Topic))
	dst = strconv.AppendInt(append(dst, `,"partition":`...), int64(r.Partition), 10)
	dst = appendNumber(append(dst, `,"offset":`...), r.Offset)
	dst = appendNumber(append(dst, `,"leaderEpoch":`...), r.LeaderEpoch)
	dst = appendText(append(dst, `,"metadata":`...), r.Metadata)
	dst = r.CommitTimestamp.appendJSON(append(dst, `,"commitTimestamp":`...))
	dst = r.ExpireTimestamp.appendJSON(append(dst, `,"expireTimestamp":`...))
	dst = appendText(append(dst, `,"topicId":`...), r.TopicID)
	dst = strconv.AppendInt(append(dst, `,"logPartition":`...), int64(r.LogPartition), 10)
	dst = appendNumber(append(dst, `,"logOffset":`...), r.LogOffset)
	dst = append(dst, `,"pending":[`...)
	for i := range r.Pending {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Pending[i].appendJSON(dst)
	}
	dst = append(dst, `],"topicRecreated":`...)
	if r.TopicRecreated == nil {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendBool(dst, *r.TopicRecreated)
	}
	return append(appendText(append(dst, `,"error":`...), r.Error), '}')
}

func (p *PendingCommit) appendJSON(dst []byte) []byte {
	dst = appendNumber(append(dst, `{"offset":`...), p.Offset)
	dst = strconv.AppendInt(append(dst, `,"logOffset":`...), p.LogOffset, 10)
	dst = strconv.AppendInt(append(dst, `,"producerId":`...), p.ProducerID, 10)
	dst = strconv.AppendInt(append(dst, `,"producerEpoch":`...), int64(p.ProducerEpoch), 10)
	return append(p.Timestamp.appendJSON(append(dst, `,"timestamp":`...)), '}')
}

func (m *Millis) appendJSON(dst []byte) []byte {
	if m == nil {
		return append(dst, "null"...)
	}
	return append(AppendTime(append(dst, '"'), int64(*m)), '"')
}

func appendNumber[N int32 | int64](dst []byte, n *N) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, int64(*n), 10)
}

func appendText(dst []byte, text *string) []byte {
	if text == nil {
		return append(dst, "null"...)
	}
	dst, _ = appendString(dst, []byte(*text))
	return dst
}
