package daemon

// Where the platform's Windows agent keeps them.
const (
	defaultConfDir    = `C:\Program Files (x86)\QingCloud\App Agent\confd`
	defaultConfigFile = defaultConfDir + `\confd.toml`
)
