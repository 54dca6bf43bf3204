//go:build kafka

package kafkatest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

const consumerGroupCommand = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"

// DescribeRow is one row of Kafka's `kafka-consumer-groups --describe`. A nil field was "-" there, or the group's
// table had no such column.
type DescribeRow struct {
	Group         string
	Topic         *string
	Partition     *int32
	CurrentOffset *int64
	LogEndOffset  *int64
	Lag           *int64
	ConsumerID    *string
	Host          *string // as printed, with the leading "/"
	ClientID      *string
}

// DescribeAll is what Kafka's own tool says of all groups of type classic and consumer, in its order.
func (c *Cluster) DescribeAll(t testing.TB) []DescribeRow {
	t.Helper()
	return c.describe(t, "--all-groups")
}

// Describe is what Kafka's own tool says of one group; nothing if there is no such group.
func (c *Cluster) Describe(t testing.TB, group string) []DescribeRow {
	t.Helper()
	return c.describe(t, "--group", group)
}

func (c *Cluster) describe(t testing.TB, which ...string) []DescribeRow {
	t.Helper()
	args := append([]string{"--bootstrap-server", c.Bootstrap(), "--describe"}, which...)
	r := c.Tool(t, consumerGroupCommand, args...)
	output := r.Stdout + r.Stderr                                                                           // the tool prints its errors on either, and exits 0
	if strings.Contains(output, "GroupIdNotFoundException") || strings.Contains(output, "does not exist") { // 4.x, 3.x
		return nil
	}
	rows, err := parseDescribe(r.Stdout)
	if err == nil && (r.Exit != 0 || strings.Contains(output, "Error:")) {
		err = fmt.Errorf("exit %d", r.Exit)
	}
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", consumerGroupCommand, args, err, output)
	}
	return rows
}

// ParseDescribe is what the tool printed, as rows.
func ParseDescribe(t testing.TB, text string) []DescribeRow {
	t.Helper()
	rows, err := parseDescribe(text)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return rows
}

// parseDescribe reads the tool's tables. There is one per group, each with a header of its own: both the columns
// and their widths differ. Values contain no blanks, except in names nobody should give to a test's group.
func parseDescribe(text string) ([]DescribeRow, error) {
	var rows []DescribeRow
	var header []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			header = nil
		case fields[0] == "GROUP":
			header = fields
		case header == nil: // "Consumer group … has no active members." and other remarks
		case len(fields) != len(header):
			return nil, fmt.Errorf("row %q has %d fields, its header %q %d", line, len(fields), header, len(header))
		default:
			row, err := parseDescribeRow(header, fields)
			if err != nil {
				return nil, fmt.Errorf("row %q: %w", line, err)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func parseDescribeRow(header, fields []string) (DescribeRow, error) {
	var row DescribeRow
	var err error
	for i, value := range fields {
		if value == "-" {
			continue
		}
		switch header[i] {
		case "GROUP":
			row.Group = value
		case "TOPIC":
			row.Topic = &value
		case "PARTITION":
			var n int64
			n, err = strconv.ParseInt(value, 10, 32)
			p := int32(n)
			row.Partition = &p
		case "CURRENT-OFFSET":
			row.CurrentOffset, err = parseOffset(value)
		case "LOG-END-OFFSET":
			row.LogEndOffset, err = parseOffset(value)
		case "LAG":
			row.Lag, err = parseOffset(value)
		case "CONSUMER-ID":
			row.ConsumerID = &value
		case "HOST":
			row.Host = &value
		case "CLIENT-ID":
			row.ClientID = &value
		default:
			err = fmt.Errorf("unknown column %q", header[i])
		}
		if err != nil {
			return DescribeRow{}, err
		}
	}
	return row, nil
}

func parseOffset(text string) (*int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return &n, err
}
