package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// may makes the bits of operations.
func may(ops ...kmsg.ACLOperation) int32 {
	bits := int32(0)
	for _, op := range ops {
		bits |= 1 << op
	}
	return bits
}

func replyCluster(f *fake, bits int32) {
	reply(f, kmsg.DescribeCluster, func(_ int32, _ *kmsg.DescribeClusterRequest, resp *kmsg.DescribeClusterResponse) bool {
		resp.ClusterAuthorizedOperations = bits
		return true
	})
}

func TestHiddenGroups(t *testing.T) {
	hidden := &Error{Scope: ScopeBroker, Name: "0 (localhost:9092)", Code: "CLUSTER_AUTHORIZATION_FAILED", Message: "it lists only groups that this user may describe"}
	for name, c := range map[string]struct {
		bits int32
		want *Error
	}{
		"may not describe the cluster": {may(kmsg.ACLOperationIdempotentWrite), hidden},
		"may do nothing":               {0, hidden},
		"may":                          {may(kmsg.ACLOperationDescribe), nil},
		"the broker does not say":      {unknownOperations, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				replyCluster(f, c.bits)
				got := r.HiddenGroups(t.Context())
				if got != nil {
					got.Err = nil
				}
				diff(t, "error", c.want, got)
				diff(t, "requests", map[kmsg.Key]int{kmsg.DescribeCluster: 1}, f.calls())
			})
		})
	}
	t.Run("before Kafka 2.8", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			r := startFake(t, kfake.MaxVersions(kversion.V2_7_0())).ready()
			diff(t, "error", (*Error)(nil), r.HiddenGroups(t.Context()))
		})
	})
}

// That it is not allowed to describe a group is an answer; another error is none.
func TestPermissionsOfGroups(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.ListGroups, func(node int32, _ *kmsg.ListGroupsRequest, resp *kmsg.ListGroupsResponse) bool {
			for _, g := range []string{"denied", "failed", "own"} {
				if node == 1 {
					resp.Groups = append(resp.Groups, kmsg.ListGroupsResponseGroup{Group: g, GroupState: "Stable"})
				}
			}
			return true
		})
		reply(f, kmsg.DescribeGroups, func(_ int32, _ *kmsg.DescribeGroupsRequest, resp *kmsg.DescribeGroupsResponse) bool {
			resp.Groups = []kmsg.DescribeGroupsResponseGroup{
				{Group: "denied", ErrorCode: kerr.GroupAuthorizationFailed.Code, AuthorizedOperations: unknownOperations},
				{Group: "failed", ErrorCode: kerr.UnknownServerError.Code, AuthorizedOperations: unknownOperations},
				{Group: "own", State: "Dead", AuthorizedOperations: may(kmsg.ACLOperationRead, kmsg.ACLOperationDescribe)},
			}
			return true
		})
		replyCluster(f, may(kmsg.ACLOperationDescribe))
		p, errs := r.Left(PermissionRounds).Permissions(t.Context(), 10)
		diff(t, "errors", ([]*Error)(nil), errs)
		diff(t, "groups", []GroupOperations{
			{Group: "denied", Operations: new(Operations)},
			{Group: "failed", Err: kafkaError(ScopeGroup, "failed", kerr.UnknownServerError.Code, nil)},
			{Group: "own", Operations: ptr(Operations(may(kmsg.ACLOperationRead, kmsg.ACLOperationDescribe)))},
		}, p.Groups)
		if !r.ListedAny() {
			t.Error("no group was listed")
		}
	})
}

// What a user may do is asked for, and told, only of a run that wants to know.
func TestWithRights(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.ConsumerGroupDescribe, func(_ int32, req *kmsg.ConsumerGroupDescribeRequest, resp *kmsg.ConsumerGroupDescribeResponse) bool {
			resp.Groups = []kmsg.ConsumerGroupDescribeResponseGroup{{Group: "g", State: "Empty"}}
			if req.IncludeAuthorizedOperations {
				resp.Groups[0].AuthorizedOperations = may(kmsg.ACLOperationDelete)
			}
			return true
		})
		for _, c := range []struct {
			run  *Run
			want *Operations
		}{{r, nil}, {r.WithRights(), ptr(Operations(may(kmsg.ACLOperationDelete)))}, {r.WithRights().Left(2), ptr(Operations(may(kmsg.ACLOperationDelete)))}} {
			d := c.run.Describe(t.Context(), []Ref{{Group: "g", Type: Consumer, Coordinator: ptr(node(1))}})
			diff(t, "operations", c.want, d[0].Operations)
			topics := c.run.Topics(t.Context(), []string{"t"})
			if (topics[0].Operations != nil) != (c.want != nil) {
				t.Errorf("operations on the topic: %v", topics[0].Operations)
			}
		}
	})
}
