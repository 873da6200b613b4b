package main

import "runtime/debug"

// version is the release; a build from a checkout adds its revision.
const version = "0.1.0"

// tool names the program in output and in signed texts. It depends on nothing but the build.
func tool() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "tickmark " + version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "tickmark " + version + "+" + s.Value[:12]
		}
	}
	return "tickmark " + version
}
