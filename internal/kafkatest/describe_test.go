//go:build kafka

package kafkatest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

func TestParseDescribe(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []DescribeRow
		fails      bool
	}{
		{name: "nothing", text: "\n"},
		{name: "remark", text: "\nConsumer group 'a' has no active members.\n"},
		{
			name: "columns and widths per group",
			text: "\nConsumer group 'a' has no active members.\n\n" +
				"GROUP TOPIC  PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID\n" +
				"a     orders 0         3              10             7   -           -    -\n" +
				"\nGROUP           TOPIC           PARTITION  CONSUMER-ID  HOST        CLIENT-ID\n" +
				"b               -               -          c-1          /127.0.0.1  c\n",
			want: []DescribeRow{
				{Group: "a", Topic: ptr("orders"), Partition: ptr(int32(0)), CurrentOffset: ptr(int64(3)), LogEndOffset: ptr(int64(10)), Lag: ptr(int64(7))},
				{Group: "b", ConsumerID: ptr("c-1"), Host: ptr("/127.0.0.1"), ClientID: ptr("c")},
			},
		},
		{name: "too many fields", text: "GROUP TOPIC\na b c\n", fails: true},
		{name: "unknown column", text: "GROUP COLOUR\na red\n", fails: true},
		{name: "not a number", text: "GROUP LAG\na much\n", fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseDescribe(tt.text)
			if (err != nil) != tt.fails {
				t.Fatalf("error %v, want one: %v", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
