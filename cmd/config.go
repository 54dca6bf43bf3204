package cmd

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
	"github.com/offsetctl/offsetctl/output"
)

const configLong = `How offsetctl reaches a cluster: which settings hold and where each comes from, whether they work, and
which files of settings are kept as profiles.

A file of settings is a Java client.properties, as kafka-consumer-groups.sh --command-config takes it:
no other is needed. librdkafka's spellings of the same keys are understood too. A key is honoured, known
to be without effect here, or refused by name; an unknown key of ssl.*, sasl.* or security.* stops the run.

Precedence: flags (-b, then --command-property) > the file of --command-config or --profile > variables
(OFFSETCTL_BOOTSTRAP_SERVER, OFFSETCTL_SASL_MECHANISM and so on, one a key) > the file of
OFFSETCTL_COMMAND_CONFIG or OFFSETCTL_PROFILE > the current profile > defaults. One file only: files
never merge.`

func newConfigCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show and test the settings of the connection, and choose a profile",
		Long:  configLong + "\n" + exitHelp,
		Example: `  offsetctl config view --command-config client.properties
  offsetctl config test --command-config client.properties
  offsetctl config profiles --use prod`,
	}
	c.AddCommand(newConfigViewCommand(s), newConfigTestCommand(s), newConfigProfilesCommand(s))
	return c
}

func newConfigViewCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "view",
		Short: "Show the settings that hold, with the origin of each",
		Long: `Show the settings of the connection as they are after precedence, each with its origin: a file and its
line, a variable, a flag, or the default. Secrets are [hidden]. Nothing is sent.` + "\n" + exitHelp,
		Example: `  offsetctl config view
  offsetctl config view --profile prod -o json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return s.runConfigView() },
	}
}

// settingItem is one setting that holds.
type settingItem struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // [hidden] of a secret
	Origin string `json:"origin"`
	Line   *int   `json:"line"` // of the file that the origin is; nil: it is none
}

func (s *session) runConfigView() error {
	if err := s.notInDemo("config view"); err != nil {
		return err
	}
	f, err := s.form(false, nil)
	if err != nil {
		return err
	}
	set, err := s.settings()
	if err != nil {
		return err
	}
	s.noteSettings(set)
	return print(s, f, newHead("config", "", s.now), settingColumns(), func(i *settingItem) string { return i.Key }, settingItems(set, s.conn.timeout), nil)
}

func settingColumns() []output.Column[settingItem] {
	return []output.Column[settingItem]{
		text("KEY", func(i *settingItem) string { return i.Key }),
		text("VALUE", func(i *settingItem) string { return i.Value }),
		text("ORIGIN", func(i *settingItem) string {
			if i.Line == nil {
				return i.Origin
			}
			return i.Origin + ":" + strconv.Itoa(*i.Line)
		}),
	}
}

// settingItems are the settings, those with a default first.
func settingItems(set settings, flag timeoutValue) []settingItem {
	items := []settingItem{
		{Key: "bootstrap.servers", Value: defaultBootstrap, Origin: "default"},
		{Key: "client.id", Value: set.ClientID, Origin: "default"},
		{Key: timeoutKey, Value: strconv.FormatInt(defaultTimeout.Milliseconds(), 10), Origin: "default"},
		{Key: "security.protocol", Value: "PLAINTEXT", Origin: "default"},
	}
	at := map[string]int{}
	for i, item := range items {
		at[item.Key] = i
	}
	for _, p := range set.Effective {
		item := settingItem{Key: p.Key, Value: shown(p), Origin: p.Origin}
		if p.Line > 0 {
			item.Line = &p.Line
		}
		if i, ok := at[p.Key]; ok {
			items[i] = item
		} else {
			items = append(items, item)
		}
	}
	if flag.set {
		items[at[timeoutKey]] = settingItem{Key: timeoutKey, Value: strconv.FormatInt(flag.millis(), 10), Origin: "--timeout"}
	}
	return items
}

// shown is a value without what is secret in it.
func shown(p clientconfig.Property) string {
	if clientconfig.IsSecret(p.Key) {
		return clientconfig.Hidden
	}
	if strings.Contains(p.Value, "-----BEGIN ") {
		return "[certificates]"
	}
	if strings.HasSuffix(p.Key, ".url") {
		return shownURL(p.Value)
	}
	return p.Value
}

// shownURL is a URL without what may be a secret: user and query.
func shownURL(value string) string {
	u, err := url.Parse(value)
	if err != nil {
		return clientconfig.Hidden
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// profileItem is one profile.
type profileItem struct {
	Profile string  `json:"profile"`
	Current bool    `json:"current"`
	Servers *string `json:"bootstrapServers"` // nil: the file names none, or cannot be read
	Path    string  `json:"path"`
}

func newConfigProfilesCommand(s *session) *cobra.Command {
	var use string
	var none, null bool
	c := &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles, or choose the current one",
		Long: `List the profiles: files NAME.properties in $XDG_CONFIG_HOME/offsetctl/profiles/, or
~/.config/offsetctl/profiles/. Each is a Java client.properties file: to make a profile, copy one there.

--use NAME makes a profile the current one, which holds where no flag and no variable names another
file; --use-none takes that back.` + "\n" + exitHelp,
		Example: `  offsetctl config profiles
  offsetctl config profiles --use prod
  offsetctl lag --profile staging`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return s.runConfigProfiles(use, none, null) },
	}
	c.Flags().StringVar(&use, "use", "", "make the profile `NAME` the current one")
	c.Flags().BoolVar(&none, "use-none", false, "have no current profile")
	c.Flags().BoolVarP(&null, "null", "0", false, "names of -o name end with NUL and are raw")
	return c
}

func (s *session) runConfigProfiles(use string, none, null bool) error {
	if err := s.notInDemo("config profiles"); err != nil {
		return err
	}
	f, err := s.form(null, nil)
	if err != nil {
		return err
	}
	if use != "" && none {
		return usagef("--use and --use-none exclude each other")
	}
	if use != "" || none {
		return s.useProfile(use)
	}
	items, err := s.profiles()
	if err != nil {
		return err
	}
	if err := print(s, f, newHead("profiles", "", s.now), profileColumns(), func(p *profileItem) string { return p.Profile }, items, nil); err != nil {
		return err
	}
	if len(items) == 0 {
		folder, err := s.configFolder()
		if err != nil {
			return err
		}
		s.note("there are no profiles: copy a client.properties to %s/profiles/NAME.properties", folder)
	}
	return nil
}

// profiles reads the list.
func (s *session) profiles() ([]profileItem, error) {
	names, strange, err := s.profileNames()
	if err != nil {
		return nil, err
	}
	for _, file := range strange {
		s.note("%s: not listed, since %s", file, profileNameRule)
	}
	current, err := s.currentProfile()
	if err != nil {
		s.note("%s", err)
	}
	if current != "" && !slices.Contains(names, current) {
		s.note("the current profile is %s, and there is none of that name: %s", current, s.chooseHint())
	}
	items := make([]profileItem, 0, len(names))
	for _, name := range names {
		file, err := s.profile(name, "profile", false)
		if err != nil {
			return nil, err
		}
		item := profileItem{Profile: name, Current: name == current, Path: file.path}
		if props, err := s.fileProperties(file); err == nil {
			item.Servers = notEmpty(strings.Join(serversOf(props)[0], ","))
		}
		items = append(items, item)
	}
	return items, nil
}

func profileColumns() []output.Column[profileItem] {
	return []output.Column[profileItem]{
		text("PROFILE", func(p *profileItem) string { return p.Profile }),
		text("CURRENT", func(p *profileItem) string {
			if p.Current {
				return "yes"
			}
			return "no"
		}),
		maybe("BOOTSTRAP-SERVERS", func(p *profileItem) *string { return p.Servers }),
		text("PATH", func(p *profileItem) string { return p.Path }),
	}
}

// notInDemo refuses what is about the way to a cluster where there is none to go.
func (s *session) notInDemo(command string) error {
	if s.bare != nil {
		return usagef("%s is about the way to a cluster, and demo brings its own: leave out demo", command)
	}
	return nil
}
