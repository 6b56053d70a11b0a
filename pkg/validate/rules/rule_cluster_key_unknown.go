package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// Keys that the platform guide names, or that published apps have.
const (
	shapeTop = `name description vxnet nodes env endpoints links health_check monitor metadata_root_access upgrading_policy
		upgrade_policy vertical_scaling_policy backup_policy incremental_backup_supported advanced_actions display_tabs multi_zone_policy
		need_tag need_intranet_api_server exclude_node_columns server_id_upper_bound loadbalancer advanced_services
		custom_metadata extra_quota unsupported_actions reserved_ips eip_class passphraseless agent_installed`
	shapeNode = `role container count cpu memory gpu gpu_class instance_class cpu_model volume replica env services health_check monitor
		user_access passphraseless vertical_scaling_policy server_id_upper_bound advanced_actions loadbalancer custom_metadata
		agent_installed reserved_ips eip_class extra_quota nodes_to_execute_on upgrading_policy backup_policy vxnet zone`
	shapeContainer = "type image zone prefer_type sriov_nic"
	shapeVolume    = "size class mount_point mount_options filesystem"
	shapeService   = `cmd order nodes_to_execute_on timeout service_params pre_check post_start_service post_stop_service
		allow_force event type selector`
	shapeHealth  = "enable interval_sec timeout_sec action_timeout_sec healthy_threshold unhealthy_threshold check_cmd action_cmd"
	shapeMonitor = "enable cmd items groups display alarm"
	shapeItem    = "unit value_type statistics_type scale_factor_when_display enums"

	// Of these more may be there than the guide names: only what looks like one of them is a slip.
	shapeEndpoint = "port protocol"
	shapeTab      = "cmd roles_to_execute_on description timeout"
)

// clusterKeyUnknown finds keys of cluster.json.mustache that the platform guide
// does not name. It names not all, so this is a hint.
func clusterKeyUnknown() validate.Rule {
	return validate.NewRule("cluster-key-unknown", validate.Info, "The platform guide names no such key of cluster.json.mustache",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			k := keyCheck{r}
			doc := document(p)
			k.object("", doc, shapeTop)
			for _, n := range nodes(p) {
				k.object(n.role, n.doc, shapeNode)
				k.object(n.role, n.doc.Get("container"), shapeContainer)
				k.object(n.role, n.doc.Get("volume"), shapeVolume)
				for _, s := range services(n) {
					k.object(n.role, s.Value, shapeService)
				}
			}
			for _, s := range scopes(p) {
				k.object(s.role, s.doc.Get("health_check"), shapeHealth)
			}
			k.slips(doc.Get("endpoints"), shapeEndpoint)
			k.slips(doc.Get("display_tabs"), shapeTab)
			for _, m := range monitors(p) {
				k.object(m.role, m.doc, shapeMonitor)
				if items := m.doc.Get("items"); items != nil {
					for _, item := range items.Members {
						k.object(m.role, item.Value, shapeItem)
					}
				}
			}
			return nil
		})
}

type keyCheck struct{ r *validate.Reporter }

// object wants every key of v to be one of words. One that looks like one of
// them is a slip.
func (k keyCheck) object(role string, v *jsondoc.Value, words string) {
	if v == nil {
		return
	}
	known := strings.Fields(words)
	for _, m := range v.Members {
		if m.Key == "//" || strings.Contains(" "+strings.Join(known, " ")+" ", " "+m.Key+" ") {
			continue
		}
		f := spanKey(k.r, &m, "the platform guide names no key %q here", m.Key).In(role).With(validate.Likely)
		if near := diag.Nearest(m.Key, known, 1); len(near) > 0 && len(m.Key) > 4 {
			f.As(validate.Warning).DidYouMean(m.Key, known)
		}
	}
}

// slips reports keys that are surely meant to be one of words, in each of the
// objects that v holds.
func (k keyCheck) slips(v *jsondoc.Value, words string) {
	if v == nil {
		return
	}
	known := strings.Fields(words)
	for _, one := range v.Members {
		for _, m := range one.Value.Members {
			if meant := diag.Meant(m.Key, known); meant != "" && one.Value.Get(meant) == nil && !slices.Contains(known, m.Key) {
				spanKey(k.r, &m, "the platform guide names no key %q here", m.Key).As(validate.Warning).With(validate.Likely).DidYouMean(m.Key, known)
			}
		}
	}
}
