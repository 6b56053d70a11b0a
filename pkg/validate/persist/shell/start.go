package shell

import (
	"path"
	"strings"
)

// start tells which services and daemons a command starts.
func (w *walker) start(k call) {
	if w.handler(k.name) != nil && !serves(k) || quiet(k.name) {
		return
	}
	for _, v := range started(k) {
		if name := strings.TrimSuffix(path.Base(v.Text), ".service"); name != "" && !strings.HasPrefix(name, "-") && !strings.Contains(name, "$") {
			at := v.At
			if at == (Place{}) { // a program by its own name
				at.Offset = k.at
			}
			w.emit(Event{Op: Start, Name: strings.ToLower(name), Path: supervised(k), From: k.dir, Inside: w.dir, Text: textOf(k.args), Command: k.name, At: at, Use: Place{Offset: k.at}, Weak: w.weak})
		}
	}
}

// serves reports whether a program that is its own client, too, is told to be the server.
func serves(k call) bool {
	switch k.name {
	case "minio", "consul", "nomad", "vault":
		return len(k.args) > 0 && isOneOf(k.args[0].Text, []string{"server", "gateway", "agent"})
	case "influxd":
		return len(k.args) == 0 || k.args[0].Text == "run" || strings.HasPrefix(k.args[0].Text, "-")
	case "kc.sh":
		return len(k.args) > 0 && strings.HasPrefix(k.args[0].Text, "start")
	}
	return false
}

// textOf are words as they are written.
func textOf(words []Value) string {
	var b strings.Builder
	for _, v := range words[:min(len(words), 50)] {
		b.WriteString(v.Text + " ")
	}
	return b.String()
}

// supervised is the file with the programs that supervisord starts; "" of any other
// command, and where it is told none.
func supervised(k call) string {
	if k.name != "supervisord" {
		return ""
	}
	options, _ := split(k.args, "-c --configuration")
	for _, name := range []string{"-c", "--configuration"} {
		if v, ok := options[name]; ok {
			return v.Text
		}
	}
	for _, a := range k.args {
		if file, ok := strings.CutPrefix(a.Text, "--configuration="); ok {
			return file
		}
	}
	return ""
}

// started are the words of a command that are what it starts.
func started(k call) []Value {
	switch k.name {
	case "systemctl":
		if list := behind(k.args, "enable"); list != nil {
			return list
		}
		return behind(k.args, "start", "restart", "reload-or-restart")
	case "supervisorctl", "pm2":
		return behind(k.args, "start", "restart")
	case "initctl":
		return behind(k.args, "start", "restart")
	case "sv", "monit":
		if len(k.args) > 1 && isOneOf(k.args[0].Text, []string{"start", "restart", "up", "once"}) {
			return k.args[1:]
		}
		return nil
	case "service", "rc-service", "invoke-rc.d":
		return before(k.args, "start", "restart")
	}
	return daemon(k)
}

// behind are the operands behind a verb.
func behind(args []Value, verbs ...string) []Value {
	_, operands := split(args, "-c -t -p -n -H -M -s --configuration --type --config --script --hosts")
	if len(operands) > 1 && isOneOf(operands[0].Text, verbs) {
		return operands[1:]
	}
	return nil
}

// before is the word that stands before a verb: service mysqld start.
func before(args []Value, verbs ...string) []Value {
	_, operands := split(args, "")
	if len(operands) > 1 && isOneOf(operands[1].Text, verbs) {
		return operands[:1]
	}
	return nil
}

func isOneOf(word string, list []string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// daemon is the daemon that a launcher of a family of daemons starts: hadoop-daemon.sh
// start datanode, hdfs --daemon start datanode, hbase master start, start-history-server.sh;
// of any other program it is the program, with its mode.
func daemon(k call) []Value {
	tool := strings.TrimSuffix(k.name, ".sh")
	family, isLauncher := families[tool]
	switch {
	case strings.HasSuffix(k.dir, "/init.d") || strings.HasSuffix(k.dir, "/rc.d"):
		if len(k.args) > 0 && isOneOf(k.args[0].Text, []string{"start", "restart"}) {
			return text(k.name)
		}
		return nil
	case isLauncher && strings.Contains(tool, "-daemon"):
		return ofFamily(family, behind(k.args, "start", "restart"))
	case isLauncher:
		return ofFamily(family, inFront(k.args))
	}
	switch at := k.args; {
	case len(at) > 0 && isOneOf(at[0].Text, []string{"stop", "status", "--version", "-version", "--help"}):
		return nil
	case len(at) > 0 && isOneOf(at[0].Text, modes[tool]):
		return []Value{{Text: tool + "-" + at[0].Text}}
	}
	return []Value{{Text: tool}}
}

// modes are words that make another server of a program, one that hands on what it is
// asked and keeps nothing: etcd grpc-proxy is not etcd.
var modes = map[string][]string{"etcd": {"gateway", "grpc-proxy"}}

// families are the programs that start one of several daemons.
var families = map[string]string{
	"hadoop-daemon": "hadoop", "hadoop-daemons": "hadoop", "yarn-daemon": "yarn", "yarn-daemons": "yarn", "hbase-daemon": "hbase", "hbase-daemons": "hbase",
	"mr-jobhistory-daemon": "mapred", "hdfs": "hdfs", "yarn": "yarn", "mapred": "mapred", "hbase": "hbase", "storm": "storm", "hive": "hive",
}

// inFront is the daemon that `hdfs datanode` is, or `hdfs --daemon start datanode` leaves
// running; not the tools of the same programs, which are gone when they are done.
func inFront(args []Value) []Value {
	_, operands := split(args, "--config --service --workers")
	for _, a := range args {
		if a.Text == "--service" || strings.Contains(strings.ToLower(a.Text), "format") || a.Text == "-bootstrapStandby" || a.Text == "stop" || a.Text == "status" || a.Text == "-initializeSharedEdits" {
			operands = operandsOfService(args)
		}
	}
	if len(operands) > 1 && (operands[0].Text == "start" || operands[0].Text == "restart") {
		operands = operands[1:]
	}
	return operands[:min(len(operands), 1)]
}

// operandsOfService is X of `hive --service X`; nothing of what is no service.
func operandsOfService(args []Value) []Value {
	for i, a := range args {
		if a.Text == "--service" && i+1 < len(args) {
			return args[i+1 : i+2]
		}
	}
	return nil
}

// ofFamily puts the family's name before the daemon's: master is hbase-master.
func ofFamily(family string, names []Value) []Value {
	var out []Value
	for _, v := range names {
		v.Text = family + "-" + v.Text
		out = append(out, v)
	}
	return out
}
